# Parity with R's own statistics on the demo, gene by gene: it takes a while.

test_that("every gene of the demo agrees with wilcox.test", {
  dataset <- demo_dataset()
  object <- read_object(dataset$path)
  cluster <- object$seurat_clusters
  values <- object@assays$RNA@data
  x <- values[, cluster == 0]
  y <- values[, cluster %in% c(1, 3)]
  ids <- dataset$cells_id
  found <- in_dataset_order(table_of(compare(dataset, ids[cluster == 0], ids[cluster %in% c(1, 3)])), dataset)
  expressed <- Matrix::rowSums(x) + Matrix::rowSums(y) > 0
  expect_identical(is.na(found$p_val), unname(!expressed))
  x <- as.matrix(x[expressed, ])
  y <- as.matrix(y[expressed, ])
  expected <- vapply(seq_len(nrow(x)), function(gene) p_of(x[gene, ], y[gene, ]), 0)
  expect_same_p(found$p_val[expressed], expected)
  expect_same_p(found$p_val_adj[expressed], stats::p.adjust(expected, "BH"))
  expect_equal(found$logFC[expressed], unname(rowMeans(x) - rowMeans(y)), tolerance = 1e-6)
})
