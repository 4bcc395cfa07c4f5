#: Through fewer cells than this no trajectory is drawn.
FEWEST_TRAJECTORY_CELLS <- 10L

#' The nodes of the trajectory through a subset of the cells: their coordinates and, for each, its neighbours of higher
#' number (numbers from 0)
get_starting_nodes <- function(dataset, params) {
  graph <- trajectory_of(dataset, params)$graph
  from <- factor(pmin(graph$edges[, 1L], graph$edges[, 2L]), levels = seq_len(nrow(graph$nodes)))
  to <- pmax(graph$edges[, 1L], graph$edges[, 2L]) - 1L
  list(
    connectedNodes = lapply(unname(split(to, from)), sort),
    x = graph$nodes[, 1L],
    y = graph$nodes[, 2L]
  )
}

#' How far along the trajectory each cell of the subset lies from the nearest of the roots, by cell id; null for cells
#' that no root reaches
get_pseudotime <- function(dataset, params) {
  roots <- check_ids(params$root_nodes, "root_nodes", of = "numbers of nodes")
  if (!length(roots)) {
    abort_task("R_WORKER_TRAJECTORY_ANALYSIS_EMPTY_ROOT_NODES", "No root nodes were selected for the analysis.")
  }
  trajectory <- trajectory_of(dataset, params)
  check_roots(roots, nrow(trajectory$graph$nodes))
  pseudotime <- rep(NA_real_, length(trajectory$ids))
  pseudotime[trajectory$placed] <- pseudotime_along(trajectory$graph, trajectory$points, roots + 1L)
  list(pseudotime = by_cells_id(pseudotime, trajectory$ids))
}

check_roots <- function(roots, n_nodes) {
  if (any(roots >= n_nodes)) {
    abort_input(sprintf("'root_nodes' must be numbers of nodes, from 0 to %d, not %d.", n_nodes - 1L, max(roots)))
  }
}

#' The cells of a request, their points in its layout, and the graph through them; it is kept, so that the second
#' request finds the nodes of the first
trajectory_of <- function(dataset, params) {
  asked <- check_ids(params$cell_ids, "cell_ids")
  settings <- check_list(params$embedding_settings, "embedding_settings", optional = TRUE)
  method <- check_string(settings[["method"]], "method", c("umap", "tsne"), optional = TRUE) %||% "umap"
  config <- check_list(settings$methodSettings, "methodSettings", optional = TRUE) %||% list()

  cells <- which(dataset$cells_id %in% asked)
  layout <- layout_of(dataset, params[["embedding"]], method, config)[cells, , drop = FALSE]
  placed <- which(is.finite(rowSums(layout)))
  points <- layout[placed, , drop = FALSE]
  if (length(placed) < FEWEST_TRAJECTORY_CELLS) {
    abort_task("R_WORKER_TOO_FEW_CELLS", sprintf(
      "A trajectory needs at least %d cells; of those chosen, %d have a place in the embedding.",
      FEWEST_TRAJECTORY_CELLS, length(placed)
    ))
  }
  key <- list(dataset$cells_id[cells][placed], points)
  graph <- kept(dataset, "trajectory", key, function() principal_graph(points))
  list(ids = dataset$cells_id[cells], placed = placed, points = points, graph = graph)
}

register_task("runTrajectoryAnalysisStartingNodesTask", get_starting_nodes)
register_task("runTrajectoryAnalysisPseudoTimeTask", get_pseudotime)
