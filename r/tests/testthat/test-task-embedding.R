embedding <- function(dataset, type, ..., use_saved = FALSE) {
  answer(dataset, "getEmbedding", list(type = type, config = list(...), use_saved = use_saved))
}

coordinates <- function(result) t(vapply(Filter(Negate(is.null), result), numbers, c(0, 0)))

test_that("a saved reduction comes as it is stored: two dimensions by cell id, null between", {
  object <- small_object()
  stored <- object@reductions$pca@cell.embeddings
  result <- embedding(dataset_from(object), "pca")
  ids <- object@meta.data$cells_id
  expect_length(result, max(ids) + 1L)
  expect_equal(coordinates(result), unname(stored[, 1:2]), tolerance = 0)
  expect_identical(which(!vapply(result, is.null, NA)), ids + 1L)

  object@reductions$umap <- object@reductions$pca
  expect_identical(embedding(dataset_from(object), "umap", use_saved = TRUE), result)
})

test_that("each kind of layout separates the groups", {
  dataset <- small_dataset()
  group <- rep_len(1:3, SMALL_CELLS)
  for (type in c("umap", "tsne", "pca")) {
    layout <- coordinates(embedding(dataset, type))
    centres <- apply(layout, 2, tapply, group, mean)
    nearest <- apply(layout, 1, function(cell) which.min(colSums((t(centres) - cell)^2)))
    expect_gt(mean(nearest == group), 0.9)
  }
})

test_that("a layout is the same bytes each time, whatever the number of threads", {
  dataset <- dataset_from(make_small_object(small_counts(300L, 250L)))
  bytes <- function(threads) {
    withr::local_envvar(TANDEM_THREADS = threads)
    config <- list(minimumDistance = 0.1, distanceMetric = "euclidean")
    to_json(get_embedding(dataset, list(type = "umap", config = config)))
  }
  first <- bytes(1)
  expect_identical(bytes(2), first)
  set.seed(99)
  expect_identical(bytes(2), first)
  tsne <- function(threads) {
    withr::local_envvar(TANDEM_THREADS = threads)
    to_json(get_embedding(small_dataset(), list(type = "tsne", config = list(perplexity = 10))))
  }
  expect_identical(tsne(1), tsne(2))
})

test_that("so is one of many cells, whose neighbours are found approximately", {
  components <- withr::with_seed(6, matrix(rnorm(4200 * 5), 4200))
  layout <- function(threads) {
    withr::local_envvar(TANDEM_THREADS = threads)
    embed_umap(components)
  }
  expect_identical(layout(1), layout(2))
})

test_that("settings change the layout", {
  dataset <- small_dataset()
  layouts <- list(
    embedding(dataset, "umap", minimumDistance = 0.1, distanceMetric = "cosine"),
    embedding(dataset, "umap", minimumDistance = 0.9, distanceMetric = "cosine"),
    embedding(dataset, "umap", minimumDistance = 0.1, distanceMetric = "euclidean"),
    embedding(dataset, "tsne", perplexity = 5, learningRate = 200),
    embedding(dataset, "tsne", perplexity = 20, learningRate = 200),
    embedding(dataset, "tsne", perplexity = 5, learningRate = 20)
  )
  expect_identical(anyDuplicated(layouts), 0L)
})

test_that("layouts are made from the components the experiment names", {
  object <- small_object()
  expect_identical(dim(components_of(dataset_from(object))), c(SMALL_CELLS, 10L))
  object@reductions$harmony <- object@reductions$pca
  object@reductions$harmony@cell.embeddings <- -object@reductions$pca@cell.embeddings[, 1:4]
  object@misc$active.reduction <- "harmony"
  expect_identical(components_of(dataset_from(object)), object@reductions$harmony@cell.embeddings)
})

test_that("an experiment of few cells still has layouts", {
  object <- small_object()
  few <- plain_object(small_counts()[, 1:12])
  few@reductions$pca <- object@reductions$pca
  few@reductions$pca@cell.embeddings <- object@reductions$pca@cell.embeddings[1:12, ]
  expect_length(embedding(dataset_from(few), "umap"), 12)
  expect_length(embedding(dataset_from(few), "tsne"), 12)
})

test_that("what is not stored or makes no sense is said", {
  dataset <- small_dataset()
  expect_snapshot(complain(embedding(dataset, "umap", use_saved = TRUE)))
  expect_snapshot(complain(embedding(dataset, "images")))
  expect_snapshot(complain(embedding(dataset, "mds")))
  expect_snapshot(complain(embedding(dataset, "umap", minimumDistance = -1)))
  expect_snapshot(complain(embedding(dataset, "umap", distanceMetric = "manhattan")))
  expect_snapshot(complain(embedding(dataset, "tsne", perplexity = 40)))
})

test_that("one cell has its stored layout, and too few for a computed one are said to be", {
  object <- small_object()
  one <- dataset_from(object[, 1])
  expect_length(Filter(Negate(is.null), answer(one, "getEmbedding", list(type = "pca"))), 1)
  error <- expect_error(answer(one, "getEmbedding", list(type = "umap")), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_TOO_FEW_CELLS")
})

test_that("cells without a place among the others are told, not drawn", {
  object <- small_object()
  object@reductions$pca@cell.embeddings <- object@reductions$pca@cell.embeddings[-(1:5), ]
  dataset <- dataset_from(object)
  for (type in c("umap", "tsne")) {
    error <- expect_error(answer(dataset, "getEmbedding", list(type = type)), class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_EMBEDDING_NOT_FOUND")
  }
  expect_snapshot(complain(answer(dataset, "getClusters", list(type = "leiden"))))
  stored <- answer(dataset, "getEmbedding", list(type = "pca"))
  expect_identical(lengths(stored[dataset$cells_id + 1L]), rep(c(0L, 2L), c(5L, SMALL_CELLS - 5L)))
})

test_that("one dimension is not enough to draw", {
  object <- small_object()
  object@reductions$pca@cell.embeddings <- object@reductions$pca@cell.embeddings[, 1, drop = FALSE]
  dataset <- dataset_from(object)
  expect_snapshot(complain(answer(dataset, "getEmbedding", list(type = "pca"))))
  expect_snapshot(complain(answer(dataset, "getEmbedding", list(type = "umap"))))
})

test_that("cells that are all alike have a layout", {
  object <- small_object()
  object@reductions$pca@cell.embeddings[] <- 1
  dataset <- dataset_from(object)
  for (type in c("umap", "tsne")) {
    layout <- answer(dataset, "getEmbedding", list(type = type))
    expect_true(all(is.finite(unlist(layout))))
    expect_identical(lengths(layout[dataset$cells_id + 1L]), rep(2L, SMALL_CELLS))
  }
})

test_that("a sent layout of nothing but nulls places no cell", {
  for (text in c("[]", "[null]", "[null, null, null]")) {
    sent <- parse_body(charToRaw(sprintf('{"embedding": %s}', text)))$embedding
    expect_identical(sent_layout(sent, 0:2), matrix(NA_real_, 3L, 2L))
  }
})

test_that("a learning rate of zero learns nothing", {
  asked <- list(type = "tsne", config = list(learningRate = 0))
  expect_error(answer(small_dataset(), "getEmbedding", asked), "more than 0", class = "tandem_task_error")
})
