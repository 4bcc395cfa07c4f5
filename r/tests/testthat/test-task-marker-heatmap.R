heatmap <- function(dataset, class, n = 5) {
  unlist(answer(dataset, "runMarkerHeatmap", list(nGenes = n, cellSets = class))$orderedGeneNames)
}

test_that("the best genes of each set come set after set", {
  found <- heatmap(small_dataset(), small_clusters())
  expect_identical(found, plain_heatmap(small_object(), cluster_ids(), 5))
  expect_length(found, 15)
  # The markers that the experiment was made with: genes 1 to 15 of the first cluster, and so on.
  expect_identical(ceiling(as.integer(sub("GENE", "", found)) / 15), rep(c(1, 2, 3), each = 5))
})

test_that("genes come in the order of the sets in the class", {
  expect_identical(
    heatmap(small_dataset(), class_with(cluster_ids()[3:1])), plain_heatmap(small_object(), cluster_ids()[3:1], 5)
  )
})

test_that("no gene comes twice, however many are asked for", {
  found <- heatmap(small_dataset(), small_clusters(), 1000)
  expect_identical(found, plain_heatmap(small_object(), cluster_ids(), 1000))
  expect_identical(anyDuplicated(found), 0L)
})

test_that("sets may overlap, be empty, or hold one cell", {
  ids <- cluster_ids()
  overlapping <- list(c(ids[[1]], ids[[2]][1:5]), ids[[2]], ids[[3]][1])
  expect_identical(heatmap(small_dataset(), class_with(overlapping)), plain_heatmap(small_object(), overlapping, 5))
  with_empty <- class_with(list(ids[[1]], integer(), ids[[2]], 99999L))
  expect_identical(heatmap(small_dataset(), with_empty), plain_heatmap(small_object(), ids[1:2], 5))
})

test_that("the answer is that of the dataset at hand, whatever was asked before", {
  other <- small_object()
  other@assays$RNA@data <- other@assays$RNA@data[230:1, ]
  rownames(other@assays$RNA@data) <- rownames(small_object()@assays$RNA@data)
  heatmap(small_dataset(), small_clusters())
  expect_identical(heatmap(dataset_from(other), small_clusters()), plain_heatmap(other, cluster_ids(), 5))
})

test_that("one gene is an array", {
  only_gene_40 <- small_object()
  only_gene_40@assays$RNA@data[-40, ] <- 0
  asked <- list(nGenes = 3, cellSets = small_clusters())
  expect_identical(answer(dataset_from(only_gene_40), "runMarkerHeatmap", asked)$orderedGeneNames, list("GENE40"))
})

test_that("a request that cannot be answered says why", {
  dataset <- small_dataset()
  expect_snapshot({
    complain(heatmap(dataset, class_with(cluster_ids()[1])))
    complain(heatmap(dataset, class_with(list())))
    complain(heatmap(dataset, small_clusters(), 0))
    complain(answer(dataset, "runMarkerHeatmap", list(nGenes = 5)))
  })
})
