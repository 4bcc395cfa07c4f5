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

  stored <- use_saved || type %in% c("pca", "images")
  if (!stored && dataset$n_cells < FEWEST_CELLS) {
    message <- sprintf("A layout needs at least %d cells; this experiment has %d.", FEWEST_CELLS, dataset$n_cells)
    abort_task("R_WORKER_TOO_FEW_CELLS", message)
  }
  coordinates <- if (use_saved || type == "pca") {
    reduction_of(dataset, type)
  } else {
    switch(type,
      umap = embed_umap(components_of(dataset), config),
      tsne = embed_tsne(components_of(dataset), config),
      images = tissue_coordinates(dataset)
    )
  }
  by_cells_id(unname(coordinates[, 1:2, drop = FALSE]), dataset$cells_id)
}

#' The components that the experiment's layouts and clusters are made from
components_of <- function(dataset) {
  misc <- dataset$object@misc
  embedding <- reduction_of(dataset, misc$active.reduction %||% "pca")
  embedding[, seq_len(min(ncol(embedding), misc$numPCs %||% DEFAULT_COMPONENTS)), drop = FALSE]
}

embed_umap <- function(components, config = list()) {
  min_dist <- check_number(config$minimumDistance, "minimumDistance", min = 0, max = 2, optional = TRUE)
  metric <- check_string(config$distanceMetric, "distanceMetric", c("cosine", "euclidean"), optional = TRUE)
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
  seeded(Rtsne::Rtsne(
    components,
    perplexity = perplexity %||% min(TSNE_PERPLEXITY, largest),
    eta = rate %||% TSNE_LEARNING_RATE,
    pca = FALSE,
    check_duplicates = FALSE
  ))$Y
}

register_task("getEmbedding", get_embedding)
