experiment <- function() {
  skip_if_not_installed("SingleCellExperiment")
  counts <- small_counts(50L, 12L)
  made <- SingleCellExperiment::SingleCellExperiment(
    list(counts = counts, logcounts = log1p(counts)),
    colData = S4Vectors::DataFrame(
      sample = rep_len(c("a", "b"), 12L), label = factor(rep(1:3, each = 4L)), total = as.numeric(1:12),
      odd = I(as.list(1:12))
    ),
    rowData = S4Vectors::DataFrame(ENSEMBL = sprintf("ENSG%011d", 1:50))
  )
  rownames(made) <- paste0("GENE", 1:50)
  SingleCellExperiment::reducedDim(made, "PCA") <- structure(matrix(rnorm(36), 12L), percentVar = 1:3)
  SingleCellExperiment::reducedDim(made, "UMAP") <- matrix(rnorm(24), 12L)
  SingleCellExperiment::altExp(made, "ADT") <- SummarizedExperiment::SummarizedExperiment(list(counts = counts[1:2, ]))
  made
}

test_that("a SingleCellExperiment is what its accessors say it is", {
  made <- experiment()
  parcel <- foreign_parcel(made)
  counts <- as.matrix(SingleCellExperiment::counts(made))
  expect_identical(unname(parcel_counts(parcel)), unname(counts))
  expect_identical(parcel$barcodes, colnames(made))
  expect_identical(parcel$gene_names, rownames(made))
  expect_identical(parcel$gene_ids, SummarizedExperiment::rowData(made)$ENSEMBL)
  for (name in c("PCA", "UMAP")) {
    stored <- matrix(SingleCellExperiment::reducedDim(made, name), 12L)
    expect_identical(parcel$reductions[[tolower(name)]], stored)
  }
  expect_identical(as.character(parcel$columns$samples), made$sample)
  expect_identical(parcel$columns$seurat_clusters, SingleCellExperiment::colLabels(made))
  expect_identical(parcel$columns$total, made$total)
  expect_identical(as.character(parcel$notes$left_out), c("alternative experiment ADT", "odd"))
})

test_that("a SummarizedExperiment is read, and one whose assays lie in a reference", {
  made <- experiment()
  plain <- SummarizedExperiment::SummarizedExperiment(
    list(counts = as.matrix(SingleCellExperiment::counts(made))), colData = SummarizedExperiment::colData(made)
  )
  expected <- unname(as.matrix(SingleCellExperiment::counts(made)))
  expect_identical(unname(parcel_counts(foreign_parcel(plain))), expected)
  holder <- new.env()
  holder$data <- attr(attr(plain, "assays"), "data")
  attr(plain, "assays") <- bare_object("ShallowSimpleListAssays", "SummarizedExperiment", .xData = holder)
  expect_identical(unname(parcel_counts(foreign_parcel(plain))), expected)
})

test_that("what was made of an .h5ad is read by the names it has there", {
  made <- experiment()
  names(SummarizedExperiment::assays(made))[1L] <- "X"
  SingleCellExperiment::reducedDimNames(made) <- c("X_pca", "X_umap")
  rownames(SingleCellExperiment::int_colData(made)$reducedDims$X_umap) <- NULL
  parcel <- foreign_parcel(made)
  expect_identical(names(parcel$reductions), c("pca", "umap"))
  expect_identical(unname(parcel_counts(parcel)), unname(as.matrix(SummarizedExperiment::assay(made, "X"))))
})

test_that("experiments without counts are refused in a sentence", {
  made <- experiment()
  counts <- SingleCellExperiment::counts(made)
  without <- SingleCellExperiment::SingleCellExperiment(list(logcounts = log1p(counts)))
  nothing <- SingleCellExperiment::SingleCellExperiment()
  unnamed <- SingleCellExperiment::SingleCellExperiment(list(counts))
  expect_snapshot(for (x in list(without, nothing, unnamed)) writeLines(foreign_parcel(x)))
})
