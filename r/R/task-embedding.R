#: Fewer cells than this have no layout that could be computed.
FEWEST_CELLS <- 4L
#: How many principal components are used where the experiment does not say.
DEFAULT_COMPONENTS <- 30L
#: How many neighbours of a cell UMAP keeps near.
UMAP_NEIGHBOURS <- 30L
UMAP_MINIMUM_DISTANCE <- 0.3
UMAP_METRIC <- "cosine"
TSNE_PERPLEXITY <- 30
TSNE_LEARNING_RATE <- 200

#' Two coordinates a cell, by cell id
get_embedding <- function(dataset, params) {
  type <- check_string(params$type, "type", c("umap", "tsne", "pca", "images"))
  use_saved <- isTRUE(check_flag(params$use_saved, "use_saved", optional = TRUE))
  config <- check_list(params$config, "config", optional = TRUE)

  coordinates <- if (use_saved || type == "pca") {
    reduction_of(dataset, type)
  } else if (type == "images") {
    tissue_coordinates(dataset)
  } else {
    computed_layout(dataset, type, config)
  }
  if (ncol(coordinates) < 2L) {
    abort_task("R_WORKER_EMBEDDING_NOT_FOUND", sprintf("The '%s' embedding has one dimension; two are shown.", type))
  }
  by_cells_id(unname(coordinates[, 1:2, drop = FALSE]), dataset$cells_id)
}

#' A layout of all cells, one row a cell
#' @param method `"umap"` or `"tsne"`.
computed_layout <- function(dataset, method, config = list()) {
  if (dataset$n_cells < FEWEST_CELLS) {
    message <- sprintf("A layout needs at least %d cells; this experiment has %d.", FEWEST_CELLS, dataset$n_cells)
    abort_task("R_WORKER_TOO_FEW_CELLS", message)
  }
  progress("Laying out the cells")
  embed <- switch(method, umap = embed_umap, tsne = embed_tsne)
  embed(components_of(dataset), config)
}

#' A layout that a client sent as `[[x, y] | null, ...]` by cell id, one row a cell, NA where it has none
sent_layout <- function(embedding, cells_id) {
  if (all(is.na(embedding))) embedding <- list() # nothing but nulls
  if (!is.list(embedding)) abort_input("'embedding' must be a list with [x, y] or null for each cell id.")
  # Indices beyond the end give NULL.
  entries <- embedding[cells_id + 1L]
  placed <- vapply(entries, function(entry) is.numeric(entry) && length(entry) == 2L && all(is.finite(entry)), NA)
  coordinates <- matrix(NA_real_, length(cells_id), 2L)
  coordinates[placed, ] <- matrix(as.numeric(unlist(entries[placed])), ncol = 2L, byrow = TRUE)
  coordinates
}

#' The layout of a request, or computed with its settings where the request has none, one row a cell
#' @param embedding `params[["embedding"]]`: `$` would also take a field whose name begins so.
layout_of <- function(dataset, embedding, method, config = list()) {
  if (!is.null(embedding)) return(sent_layout(embedding, dataset$cells_id))
  kept(dataset, "layout", list(method, config), function() unname(computed_layout(dataset, method, config)))
}

#' The components that the experiment's layouts and clusters are made from
components_of <- function(dataset) {
  embedding <- active_reduction(dataset)
  embedding[, seq_len(min(ncol(embedding), dataset$object@misc$numPCs %||% DEFAULT_COMPONENTS)), drop = FALSE]
}

#' The reduction that cells are near or far in; each cell must have its place there
active_reduction <- function(dataset) {
  name <- dataset$object@misc$active.reduction %||% "pca"
  reduction <- reduction_of(dataset, name)
  without <- sum(!is.finite(rowSums(reduction)))
  if (without == 0L) return(reduction)
  abort_task("R_WORKER_EMBEDDING_NOT_FOUND", sprintf(
    "%d of the %d cells have no place in the '%s' reduction of this experiment; compute it for all of them.",
    without, nrow(reduction), name
  ))
}

embed_umap <- function(components, config = list()) {
  min_dist <- check_number(config$minimumDistance, "minimumDistance", min = 0, max = 2, optional = TRUE)
  metric <- check_string(config$distanceMetric, "distanceMetric", c("cosine", "euclidean"), optional = TRUE)
  if (ncol(components) < 2L) {
    abort_task("R_WORKER_EMBEDDING_NOT_FOUND", "UMAP needs at least two components; this experiment has one.")
  }
  # Batch updates make the layout independent of the number of threads.
  seeded(uwot::umap(
    components,
    n_neighbors = min(UMAP_NEIGHBOURS, nrow(components) - 1L),
    min_dist = min_dist %||% UMAP_MINIMUM_DISTANCE,
    metric = metric %||% UMAP_METRIC,
    batch = TRUE,
    n_threads = threads(),
    n_sgd_threads = threads(),
    verbose = FALSE
  ))
}

embed_tsne <- function(components, config = list()) {
  # Every cell needs three times as many others as the perplexity.
  largest <- floor((nrow(components) - 1) / 3)
  perplexity <- check_number(config$perplexity, "perplexity", min = 1, max = largest, optional = TRUE)
  rate <- check_number(config$learningRate, "learningRate", min = 0, optional = TRUE)
  if (identical(rate, 0)) abort_input("'learningRate' must be more than 0.")
  # Rtsne divides by the largest distance, and crashes where there is none.
  if (all(components == rep(components[1L, ], each = nrow(components)))) return(matrix(0, nrow(components), 2L))
  seeded(Rtsne::Rtsne(
    components,
    perplexity = perplexity %||% min(TSNE_PERPLEXITY, largest),
    eta = rate %||% TSNE_LEARNING_RATE,
    pca = FALSE,
    check_duplicates = FALSE
  ))$Y
}

register_task("getEmbedding", get_embedding)
