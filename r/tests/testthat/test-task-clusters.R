clusters <- function(dataset, type, resolution = 0.8) {
  answer(dataset, "getClusters", list(type = type, config = list(resolution = resolution)))
}

#' Cells of a few groups that run into each other, without the rest of an experiment.
blurred_object <- function(cells = 400L) {
  object <- make_small_object(small_counts(60L, cells))
  group <- rep_len(1:6, cells)
  components <- withr::with_seed(3, matrix(rnorm(6 * 15, sd = 1.2), 6)[group, ] + rnorm(cells * 15))
  dimnames(components) <- dimnames(object@reductions$pca@cell.embeddings)
  object@reductions$pca@cell.embeddings <- components
  object
}

test_that("Louvain gives what Seurat gives", {
  for (object in list(small_object(), blurred_object())) {
    dataset <- dataset_from(object)
    neighbours <- Seurat::FindNeighbors(
      object@reductions$pca@cell.embeddings[, 1:10], annoy.metric = "cosine", verbose = FALSE
    )
    for (resolution in c(0, 0.3, 0.8, 2)) {
      expected <- Seurat::FindClusters(neighbours$snn, resolution = resolution, random.seed = 42, verbose = FALSE)
      found <- numbers(clusters(dataset, "louvain", resolution)$cluster)
      expect_identical(found, as.numeric(as.character(expected[[1]])))
    }
  }
})

test_that("Louvain takes the graph that the experiment brought; Leiden its own", {
  object <- blurred_object()
  before <- lapply(c(louvain = "louvain", leiden = "leiden"), clusters, dataset = dataset_from(object))
  group <- rep_len(1:2, ncol(object))
  graph <- Matrix::Matrix(outer(group, group, "==") * 1, sparse = TRUE)
  dimnames(graph) <- list(colnames(object), colnames(object))
  object@graphs <- list(RNA_snn = SeuratObject::as.Graph(methods::as(graph, "generalMatrix")))
  dataset <- dataset_from(object)
  expect_identical(numbers(clusters(dataset, "louvain")$cluster), rep_len(c(0, 1), ncol(object)))
  expect_identical(clusters(dataset, "leiden"), before$leiden)
})

test_that("Leiden finds the groups, numbered from the largest on, the same each time", {
  object <- small_object()
  dataset <- dataset_from(object)
  found <- numbers(clusters(dataset, "leiden")$cluster)
  expect_identical(nrow(unique(cbind(found, rep_len(1:3, SMALL_CELLS)))), 3L)
  blurred <- dataset_from(blurred_object())
  bytes <- function() to_json(get_clusters(blurred, list(type = "leiden", config = list(resolution = 3))))
  first <- bytes()
  sizes <- tabulate(get_clusters(blurred, list(type = "leiden", config = list(resolution = 3)))$cluster + 1L)
  expect_false(is.unsorted(-sizes))
  set.seed(1)
  blurred$store <- withr::local_tempdir()
  expect_identical(bytes(), first)
})

test_that("Leiden divides as well as Louvain, by modularity", {
  dataset <- dataset_from(blurred_object())
  graph <- edge_graph(neighbour_graph(dataset, "euclidean"))
  modularity <- function(labels) igraph::modularity(graph, labels + 1, weights = igraph::E(graph)$weight)
  ours <- leiden_clusters(neighbour_graph(dataset, "euclidean"), 1)
  peer <- louvain_clusters(neighbour_graph(dataset, "euclidean"), 1)
  expect_gt(modularity(ours), modularity(peer) - 0.01)
})

test_that("a higher resolution gives more clusters", {
  dataset <- dataset_from(blurred_object())
  for (type in c("louvain", "leiden")) {
    count <- vapply(c(0.1, 1, 4), function(r) length(clusters(dataset, type, r)$class$children), 1L)
    expect_false(is.unsorted(count, strictly = TRUE))
  }
})

test_that("the class holds each cell's id in its cluster, with colours of the pool in order", {
  object <- small_object()
  result <- clusters(dataset_from(object), "louvain")
  labels <- numbers(result$cluster)
  expect_identical(unlist(result$cell_ids), object@meta.data$cells_id)
  class <- result$class
  expect_identical(class[1:4], list(key = "louvain", name = "louvain clusters", rootNode = TRUE, type = "cellSets"))
  for (i in seq_along(class$children)) {
    set <- class$children[[i]]
    expect_identical(set[1:5], list(
      key = paste0("louvain-", i - 1), name = paste("Cluster", i - 1), rootNode = FALSE, type = "cellSets",
      color = paste0("color_", i)
    ))
    expect_identical(unlist(set$cellIds), object@meta.data$cells_id[labels == i - 1])
  }
  leiden <- clusters(dataset_from(object), "leiden")$class
  expect_identical(c(leiden$key, leiden$name, leiden$children[[1]]$key), c("louvain", "leiden clusters", "leiden-0"))
})

test_that("clusters of one cell are arrays, also more of them than there are colours", {
  for (type in c("louvain", "leiden")) {
    children <- clusters(small_dataset(), type, 10)$class$children
    expect_gt(length(children), 20)
    expect_true(all(vapply(children, function(set) is.list(set$cellIds), NA)))
    expect_true(any(lengths(lapply(children, `[[`, "cellIds")) == 1L))
    expect_identical(children[[21]]$color, "color_1")
  }
})

test_that("an experiment of few cells has clusters", {
  for (cells in c(1, 2, 3, 5, 19, 20, 21)) {
    dataset <- dataset_from(small_object()[, seq_len(cells)])
    for (type in c("louvain", "leiden")) {
      result <- clusters(dataset, type)
      expect_length(result$cluster, cells)
      expect_setequal(unlist(lapply(result$class$children, `[[`, "cellIds")), dataset$cells_id)
    }
  }
})

test_that("a resolution is optional; what makes no sense is said", {
  dataset <- small_dataset()
  expect_identical(answer(dataset, "getClusters", list(type = "louvain")), clusters(dataset, "louvain", 0.5))
  expect_snapshot(complain(clusters(dataset, "kmeans")))
  expect_snapshot(complain(clusters(dataset, "leiden", -1)))
  expect_snapshot(complain(clusters(dataset, "leiden", "high")))
})

test_that("Leiden goes by the edges of the graph: a matrix of all pairs of these cells would take 29 GB", {
  n <- 60000L
  from <- seq_len(n - 1L)
  from <- from[from %% 100L != 0L] # chains of a hundred cells
  graph <- Matrix::sparseMatrix(c(from, from + 1L), c(from + 1L, from), x = 1, dims = c(n, n))
  found <- leiden_clusters(graph, 0)
  expect_identical(max(found) + 1L, n %/% 100L)
})
