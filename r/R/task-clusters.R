DEFAULT_RESOLUTION <- 0.5
#: The finest clustering that may be asked for.
FINEST_RESOLUTION <- 10
#: More rounds of the Leiden method than these hardly change the clusters.
LEIDEN_ITERATIONS <- 2L

#' Clusters of the cells, as columns and as a class of cell sets
#'
#' Louvain is Seurat's own on the experiment's graph of shared neighbours where it has one; Leiden is igraph's. Both
#' number the clusters from the largest on.
get_clusters <- function(dataset, params) {
  type <- check_string(params$type, "type", c("louvain", "leiden"))
  config <- check_list(params$config, "config", optional = TRUE)
  resolution <- check_number(config$resolution, "resolution", min = 0, max = FINEST_RESOLUTION, optional = TRUE)
  resolution <- resolution %||% DEFAULT_RESOLUTION

  clusters <- switch(type,
    louvain = louvain_clusters(louvain_graph(dataset), resolution),
    leiden = leiden_clusters(neighbour_graph(dataset, "euclidean"), resolution)
  )
  list(cluster = clusters, cell_ids = dataset$cells_id, class = cluster_class(dataset, clusters, type))
}

cluster_class <- function(dataset, clusters, type) {
  class_of(
    "louvain", paste(type, "clusters"), "cellSets",
    values = clusters, ids = dataset$cells_id, colours = colour_source(pool_of(dataset$object)),
    key_of = function(value) paste0(type, "-", value), name_of = function(value) paste("Cluster", value)
  )
}

louvain_graph <- function(dataset) {
  stored_graph(dataset, paste0(dataset$object@active.assay, "_snn")) %||% neighbour_graph(dataset, "cosine")
}

#' Seurat's clusters, as whole numbers from 0 on
louvain_clusters <- function(graph, resolution, seed = SEED) {
  progress("Clustering the cells")
  alone <- seq_len(ncol(graph)) - 1L
  if (Matrix::isDiagonal(graph)) return(alone)
  find <- function(group_singletons) {
    found <- Seurat::FindClusters(
      graph, resolution = resolution, algorithm = 1, random.seed = seed, group.singletons = group_singletons,
      verbose = FALSE
    )
    as.character(found[[1L]])
  }
  # Seurat joins each lonely cell to the cluster nearest to it, and fails where there are only lonely cells.
  labels <- tryCatch(suppressWarnings(find(TRUE)), error = function(error) {
    if (any(find(FALSE) != "singleton")) stop(error)
    alone
  })
  as.integer(labels)
}

#' Clusters by the Leiden method on the graph's edges, as whole numbers from 0 on
leiden_clusters <- function(graph, resolution) {
  progress("Clustering the cells")
  # igraph 2 renames `resolution_parameter` to `resolution`, which also names the former.
  found <- seeded(igraph::cluster_leiden(
    edge_graph(graph), objective_function = "modularity", resolution = resolution, n_iterations = LEIDEN_ITERATIONS
  ))
  by_size(igraph::membership(found))
}

#' A symmetric matrix as a graph with weighted edges
edge_graph <- function(matrix) {
  from <- matrix@i + 1L
  to <- rep.int(seq_len(ncol(matrix)), diff(matrix@p))
  once <- from < to
  graph <- igraph::make_graph(rbind(from[once], to[once]), n = ncol(matrix), directed = FALSE)
  igraph::set_edge_attr(graph, "weight", value = matrix@x[once])
}

#' Number groups from 0 on, the largest first, equals in the order they come in
by_size <- function(membership) {
  groups <- unique(as.integer(membership))
  sizes <- tabulate(match(membership, groups), length(groups))
  match(membership, groups[order(-sizes)]) - 1L
}

register_task("getClusters", get_clusters)
