#: How many components the distances between cells are taken from.
NEIGHBOUR_COMPONENTS <- 10L
#: How many neighbours a cell has, itself among them.
NEIGHBOURS <- 20L

#' The graph of shared neighbours: for each two cells, which share of their neighbours they have in common
#'
#' It is kept, so that clustering at another resolution need not find the neighbours anew.
#' @param metric `"cosine"` or `"euclidean"`.
#' @return A symmetric sparse matrix, cells x cells in the dataset's order.
neighbour_graph <- function(dataset, metric) {
  loadNamespace("Matrix") # of whose class the graph is that is kept
  components <- active_reduction(dataset)
  components <- components[, seq_len(min(NEIGHBOUR_COMPONENTS, ncol(components))), drop = FALSE]
  settings <- list(dataset$object@misc$active.reduction, dim(components), metric, NEIGHBOURS)
  kept(dataset, "neighbours", settings, function() shared_neighbours(components, metric))
}

shared_neighbours <- function(components, metric) {
  progress("Finding the neighbours of every cell")
  n <- nrow(components)
  if (n == 1L) return(Matrix::sparseMatrix(1L, 1L, x = 1, dimnames = rep(list(rownames(components)), 2L)))
  neighbours <- min(NEIGHBOURS, max(1L, n - 1L))
  found <- Seurat::FindNeighbors(components, k.param = neighbours, annoy.metric = metric, verbose = FALSE)$snn
  methods::as(found, "dgCMatrix") # of no class of Seurat's, so that reading it does not wait for Seurat
}
