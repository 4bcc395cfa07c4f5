# An object of Seurat 5 as it is on disk. Where the class of its assay is not known it is saved by a process that
# defines it, so that this process reads what no class here describes, as the service does.
object_of_seurat5 <- function(layers, features, cells, env = parent.frame()) {
  object <- small_object()
  parts <- list(object = object, layers = layers, features = features, cells = cells, genes = rownames(small_counts()))
  input <- withr::local_tempfile(fileext = ".rds")
  output <- file.path(withr::local_tempdir(.local_envir = env), "r.rds")
  saveRDS(parts, input)
  callr::r(function(input, output) {
    loadNamespace("SeuratObject")
    parts <- readRDS(input)
    if (!methods::isClass("Assay5", where = asNamespace("SeuratObject"))) {
      methods::setClass("LogMap", contains = "matrix", package = "SeuratObject")
      methods::setClass("Assay5", package = "SeuratObject", slots = c(
        layers = "list", cells = "LogMap", features = "LogMap", default = "integer", assay.orig = "character",
        meta.data = "data.frame", misc = "list", key = "character"
      ))
    }
    assay <- methods::new("Assay5",
      layers = parts$layers, cells = methods::new("LogMap", parts$cells),
      features = methods::new("LogMap", parts$features), default = 1L, assay.orig = character(),
      meta.data = data.frame(row.names = seq_along(parts$genes)), misc = list(), key = "rna_"
    )
    attr(parts$object, "assays") <- list(RNA = assay)
    saveRDS(parts$object, output)
  }, list(input, output))
  output
}

bare <- function(matrix) {
  dimnames(matrix) <- list(NULL, NULL)
  matrix
}

#' A map of names x layers: which layer has which.
map_of <- function(all, ...) {
  layers <- list(...)
  vapply(layers, function(names) all %in% names, logical(length(all))) |>
    matrix(length(all), dimnames = list(all, names(layers)))
}

test_that("an assay of Seurat 5 is read, also where its class is unknown", {
  counts <- small_counts()
  data <- normalised(counts)
  path <- object_of_seurat5(
    list(counts = bare(counts), data = bare(data)),
    features = map_of(rownames(counts), counts = rownames(counts), data = rownames(counts)),
    cells = map_of(colnames(counts), counts = colnames(counts), data = colnames(counts))
  )
  dataset <- load_dataset(path, "five")
  expect_identical(dense_layer(dataset, "counts"), as.matrix(counts))
  expect_identical(dense_layer(dataset, "data"), as_float32(as.matrix(data)))
  request <- list(orderBy = "gene_names", orderDirection = "ASC", offset = 0, limit = 5)
  expect_identical(answer(dataset, "listGenes", request)$total, SMALL_GENES)
})

test_that("layers split by sample are joined, cells and genes each at their place", {
  counts <- small_counts()
  first <- seq(1, SMALL_CELLS, 2)
  second <- seq(2, SMALL_CELLS, 2)
  # The second sample lacks the first genes.
  present <- 11:SMALL_GENES
  path <- object_of_seurat5(
    list(counts.1 = bare(counts[, first]), counts.2 = bare(counts[present, second])),
    features = map_of(rownames(counts), counts.1 = rownames(counts), counts.2 = rownames(counts)[present]),
    cells = map_of(colnames(counts), counts.1 = colnames(counts)[first], counts.2 = colnames(counts)[second])
  )
  expected <- as.matrix(counts)
  expected[1:10, second] <- 0
  dataset <- load_dataset(path, "five")
  expect_identical(dense_layer(dataset, "counts"), expected)
  total <- colSums(expected)
  expect_equal(dense_layer(dataset, "data"), log1p(t(t(expected) / total) * 1e4), tolerance = 1e-7)
})

test_that("an object of Seurat 5 read whole has an assay that this Seurat understands", {
  counts <- small_counts()
  path <- object_of_seurat5(
    list(counts = bare(counts)),
    features = map_of(rownames(counts), counts = rownames(counts)),
    cells = map_of(colnames(counts), counts = colnames(counts))
  )
  object <- read_object(path)
  expect_equal(dim(object), dim(counts))
  expect_identical(rownames(object), rownames(counts))
})

test_that("without normalised data the counts are normalised", {
  dataset <- dataset_from(plain_object(normalise = FALSE))
  counts <- as.matrix(small_counts())
  object <- plain_object()
  object@assays$RNA@data <- new("dgCMatrix")
  expect_equal(dense_layer(dataset_from(object), "data"), log1p(t(t(counts) / colSums(counts)) * 1e4), tolerance = 1e-7)
})

test_that("data without counts is enough to show expression, and says so where counts are needed", {
  object <- small_object()
  object@assays$RNA@counts <- new("dgCMatrix")
  dataset <- dataset_from(object)
  expect_identical(dense_layer(dataset, "data"), as_float32(plain_values(object)))
  expect_error(expression_of(dataset, 1L, "counts"), "holds no counts", class = "tandem_task_error")
})

test_that("dense and other sparse matrices are taken", {
  counts <- small_counts()
  for (form in list(as.matrix(counts), as(counts, "TsparseMatrix"), as(counts, "RsparseMatrix"))) {
    expect_identical(as_sparse(form, "counts"), counts)
  }
})

test_that("the active assay serves where there is no RNA", {
  object <- small_object()
  names(object@assays) <- "Spatial"
  object@active.assay <- "Spatial"
  expect_identical(dataset_from(object)$n_genes, SMALL_GENES)
})

test_that("an assay with cells that the object does not name is refused", {
  object <- small_object()
  object@meta.data <- object@meta.data[-1, ]
  expect_error(dataset_from(object), "cells or genes that the object does not name", class = "tandem_dataset_error")
})

test_that("a layer kept outside the file is refused with a way out", {
  matrix <- structure(list(), class = "IterableMatrix")
  expect_snapshot(complain(as_sparse(matrix, "counts")))
})

test_that("sparse matrices of every class are read", {
  counts <- small_counts()
  for (class in c("TsparseMatrix", "RsparseMatrix", "unpackedMatrix", "lMatrix", "nMatrix")) {
    object <- small_object()
    attr(object@assays$RNA, "counts") <- methods::as(counts, class)
    expected <- if (class %in% c("lMatrix", "nMatrix")) 1 * as.matrix(counts > 0) else as.matrix(counts)
    expect_equal(dense_layer(dataset_from(object), "counts"), expected, label = class)
  }
})
