test_that("the graph is Seurat's, of the first ten components of the active reduction", {
  object <- small_object()
  dataset <- dataset_from(object)
  components <- object@reductions$pca@cell.embeddings[, 1:10]
  for (metric in c("cosine", "euclidean")) {
    expected <- Seurat::FindNeighbors(components, annoy.metric = metric, verbose = FALSE)$snn
    expect_identical(neighbour_graph(dataset, metric), methods::as(expected, "dgCMatrix"))
  }
  object@reductions$harmony <- object@reductions$pca
  object@reductions$harmony@cell.embeddings <- components[, 4:1]
  object@misc$active.reduction <- "harmony"
  expected <- Seurat::FindNeighbors(components[, 4:1], annoy.metric = "cosine", verbose = FALSE)$snn
  expect_identical(neighbour_graph(dataset_from(object), "cosine"), methods::as(expected, "dgCMatrix"))
})

test_that("the graph is kept", {
  dataset <- small_dataset()
  dataset$store <- withr::local_tempdir()
  first <- neighbour_graph(dataset, "cosine")
  dataset$object@reductions$pca[] <- 0
  expect_identical(neighbour_graph(dataset, "cosine"), first)
})

test_that("a stored graph is that of its cells, in the dataset's order", {
  object <- small_object()
  graph <- Seurat::FindNeighbors(object@reductions$pca@cell.embeddings[, 1:5], verbose = FALSE)$snn
  object@graphs <- list(RNA_snn = graph)
  dataset <- dataset_from(object)
  expect_identical(stored_graph(dataset, "RNA_snn"), methods::as(graph, "dgCMatrix"))
  expect_null(stored_graph(dataset, "ADT_snn"))
  shuffled <- withr::with_seed(1, sample(SMALL_CELLS))
  object@graphs <- list(RNA_snn = graph[shuffled, shuffled])
  expect_equal(as.matrix(stored_graph(dataset_from(object), "RNA_snn")), as.matrix(graph))
  object@graphs <- list(RNA_snn = graph[1:70, 1:70])
  expect_null(stored_graph(dataset_from(object), "RNA_snn"))
})

test_that("graphs are read, too, by a process that has loaded nothing else, as children of the service are", {
  object <- small_object()
  path <- file.path(withr::local_tempdir(), "r.rds")
  components <- object@reductions$pca@cell.embeddings
  object@graphs <- list(RNA_snn = Seurat::FindNeighbors(components[, 1:2], k.param = 5, verbose = FALSE)$snn)
  saveRDS(object, path, compress = FALSE)
  dataset <- load_dataset(path, "small")
  ask <- function(type) task_handler("getClusters")(dataset, list(type = type))$cluster
  expected <- lapply(c("louvain", "leiden"), ask)
  for (i in 1:2) {
    found <- callr::r(function(path, libraries, type) {
      .libPaths(libraries)
      loadNamespace("tandem")
      dataset <- tandem::load_dataset(path, "small")
      stopifnot(!"Matrix" %in% loadedNamespaces())
      tandem:::task_handler("getClusters")(dataset, list(type = type))$cluster
    }, list(path, .libPaths(), c("louvain", "leiden")[i]))
    expect_identical(found, expected[[i]])
  }
})
