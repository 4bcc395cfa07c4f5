background_genes <- function(dataset, base, background) {
  answer(dataset, "getBackgroundExpressedGenes", list(baseCells = base, backgroundCells = background))
}

test_that("genes are those with more than fifteen counts in the compared cells, by their original names", {
  object <- sample_object()
  counts <- as.matrix(object@assays$RNA@counts)
  cells <- object$samples == "s1"
  base <- ids_where(object, samples == "s1" & kind == "a")
  found <- background_genes(sample_dataset(), base, ids_where(object, samples == "s1"))
  totals <- rowSums(counts[, cells])
  expect_gt(sum(totals <= 15), 3)
  expect_identical(unlist(found$genes), object@misc$gene_annotations$original_name[totals > 15])
})

test_that("fifteen counts are too few, sixteen enough", {
  object <- sample_object()
  object@assays$RNA@counts[3:4, ] <- 0
  object@assays$RNA@counts[3, 1:15] <- 1
  object@assays$RNA@counts[4, 1:16] <- 1
  ids <- object$cells_id
  found <- unlist(background_genes(dataset_from(object), ids[1:100], ids[101:300])$genes)
  expect_identical(intersect(c("SYM3", "SYM4"), found), "SYM4")
})

test_that("names go with their genes, in whatever order the annotations lie", {
  object <- sample_object()
  shuffled <- object
  withr::with_seed(2, {
    shuffled@misc$gene_annotations <- object@misc$gene_annotations[sample(SAMPLE_GENES), ]
  })
  ids <- object$cells_id
  expect_identical(
    background_genes(dataset_from(shuffled), ids[1:20], ids[21:60]),
    background_genes(sample_dataset(), ids[1:20], ids[21:60])
  )
})

test_that("one gene and none are arrays", {
  object <- sample_object()
  object@assays$RNA@counts[-1, ] <- 0
  ids <- object$cells_id
  expect_identical(background_genes(dataset_from(object), ids[1:99], ids[100:200])$genes, list("SYM1"))
  expect_identical(background_genes(sample_dataset(), ids[1], ids[2])$genes[0], list())
  object@assays$RNA@counts[1, ] <- 0
  expect_identical(background_genes(dataset_from(object), ids[1:99], ids[100:200])$genes, list())
})

test_that("a side without cells is refused", {
  expect_snapshot(complain(background_genes(sample_dataset(), list(), 1:9)))
})
