# Cells along a line, with ids that have gaps, as an embedding that a client sent.
line_request <- function(dataset, ...) {
  embedding <- vector("list", max(dataset$cells_id) + 1L)
  place <- withr::with_seed(2, cbind(seq_len(dataset$n_cells) / 4, rnorm(dataset$n_cells, sd = 0.1)))
  for (i in seq_len(dataset$n_cells)) embedding[[dataset$cells_id[i] + 1L]] <- place[i, ]
  request <- list(
    embedding = embedding,
    embedding_settings = list(method = "umap", methodSettings = list(minimumDistance = 0.3, distanceMetric = "cosine")),
    clustering_settings = list(method = "louvain", resolution = 0.8),
    cell_ids = dataset$cells_id
  )
  utils::modifyList(request, list(...), keep.null = TRUE)
}

starting_nodes <- function(dataset, request) answer(dataset, "runTrajectoryAnalysisStartingNodesTask", request)

pseudotime <- function(dataset, request, roots) {
  numbers(answer(dataset, "runTrajectoryAnalysisPseudoTimeTask", c(request, list(root_nodes = roots)))$pseudotime)
}

test_that("each edge is told once, at its node of lower number", {
  dataset <- small_dataset()
  nodes <- starting_nodes(dataset, line_request(dataset))
  n <- length(nodes$x)
  expect_identical(lengths(nodes), c(connectedNodes = n, x = n, y = n))
  edges <- sum(lengths(nodes$connectedNodes))
  expect_identical(edges, n - 1L)
  for (i in seq_len(n)) {
    expect_type(nodes$connectedNodes[[i]], "list")
    expect_true(all(unlist(nodes$connectedNodes[[i]]) > i - 1L))
  }
})

test_that("pseudotime lies by cell id and grows along the line", {
  dataset <- small_dataset()
  request <- line_request(dataset)
  root <- which.min(unlist(starting_nodes(dataset, request)$x)) - 1L
  found <- pseudotime(dataset, request, root)
  expect_length(found, max(dataset$cells_id) + 1L)
  expect_identical(which(!is.na(found)), dataset$cells_id + 1L)
  expect_gt(cor(found[dataset$cells_id + 1L], seq_len(dataset$n_cells), method = "spearman"), 0.99)
})

test_that("a subset ends at its own largest id, whatever the order of its cells; unknown cells are left out", {
  dataset <- small_dataset()
  some <- dataset$cells_id[10:45]
  request <- line_request(dataset, cell_ids = some)
  expect_length(pseudotime(dataset, request, 0), max(some) + 1L)
  shuffled <- line_request(dataset, cell_ids = c(99999L, rev(some), some[3]))
  expect_identical(starting_nodes(dataset, shuffled), starting_nodes(dataset, request))
  expect_identical(pseudotime(dataset, shuffled, 0), pseudotime(dataset, request, 0))
})

test_that("cells without a place are left out, however that is written", {
  dataset <- small_dataset()
  request <- line_request(dataset)
  gone <- dataset$cells_id[c(1, 20, 40, 80)]
  request$embedding[gone[1] + 1L] <- list(NULL)
  request$embedding[[gone[2] + 1L]] <- c("NA", "NA")
  request$embedding[[gone[3] + 1L]] <- list()
  request$embedding <- request$embedding[seq_len(gone[4])] # shorter than the ids
  found <- pseudotime(dataset, request, 0)
  expect_identical(which(is.na(found[dataset$cells_id + 1L])), c(1L, 20L, 40L, 80L))
})

test_that("a layout that has one dimension only has no trajectory", {
  object <- small_object()
  object@reductions$pca@cell.embeddings <- object@reductions$pca@cell.embeddings[, 1, drop = FALSE]
  dataset <- dataset_from(object)
  error <- expect_error(starting_nodes(dataset, list(cell_ids = dataset$cells_id)), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_EMBEDDING_NOT_FOUND")
})

test_that("the second request finds the nodes of the first, kept or not", {
  dataset <- small_dataset()
  dataset$store <- withr::local_tempdir()
  request <- line_request(dataset)
  first <- starting_nodes(dataset, request)
  expect_length(list.files(file.path(dataset$store, "kept"), "trajectory"), 1)
  found <- pseudotime(dataset, request, 0)
  expect_length(list.files(file.path(dataset$store, "kept"), "trajectory"), 1)
  unlink(file.path(dataset$store, "kept"), recursive = TRUE)
  expect_identical(starting_nodes(dataset, request), first)
  expect_identical(pseudotime(dataset, request, 0), found)
})

test_that("without an embedding it is computed with the settings of the request", {
  dataset <- dataset_from(make_small_object(small_counts(60L, 120L)))
  for (metric in c("cosine", "euclidean")) {
    config <- list(minimumDistance = 0.2, distanceMetric = metric)
    layout <- answer(dataset, "getEmbedding", list(type = "umap", config = config))
    sent <- lapply(layout, function(place) if (length(place)) numbers(place))
    settings <- list(method = "umap", methodSettings = config)
    with_sent <- line_request(dataset, embedding_settings = settings)
    with_sent$embedding <- sent
    without <- with_sent
    without["embedding"] <- list(NULL)
    expect_identical(starting_nodes(dataset, without), starting_nodes(dataset, with_sent))
  }
  tsne <- line_request(dataset, embedding_settings = list(method = "tsne", methodSettings = list(perplexity = 10)))
  tsne["embedding"] <- list(NULL)
  expect_gt(length(starting_nodes(dataset, tsne)$x), 2)
})

test_that("cells that no root reaches have no pseudotime", {
  dataset <- small_dataset()
  request <- line_request(dataset)
  far <- dataset$cells_id[41:80]
  request$embedding[far + 1L] <- lapply(request$embedding[far + 1L], `+`, 500)
  left <- which.min(unlist(starting_nodes(dataset, request)$x)) - 1L
  found <- pseudotime(dataset, request, left)[dataset$cells_id + 1L]
  expect_identical(is.na(found), rep(c(FALSE, TRUE), each = 40))
})

test_that("what cannot be drawn or makes no sense is said", {
  dataset <- small_dataset()
  request <- line_request(dataset)
  error <- expect_error(pseudotime(dataset, request, list()), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_TRAJECTORY_ANALYSIS_EMPTY_ROOT_NODES")
  expect_snapshot(complain(pseudotime(dataset, request, list())))
  expect_error(pseudotime(dataset, request, 500), "from 0 to", class = "tandem_task_error")
  few <- line_request(dataset, cell_ids = dataset$cells_id[1:5])
  error <- expect_error(starting_nodes(dataset, few), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_TOO_FEW_CELLS")
  expect_snapshot(complain(starting_nodes(dataset, few)))
  expect_snapshot(complain(starting_nodes(dataset, line_request(dataset, embedding = "umap"))))
  expect_snapshot(complain(starting_nodes(dataset, line_request(dataset, embedding_settings = list(method = "pca")))))
})
