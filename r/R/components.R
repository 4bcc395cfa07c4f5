#: No scaled value counts for more than this, in standard deviations from the gene's mean.
LARGEST_SCALED <- 10

#' Principal components of genes' scaled expression: Seurat's own, to the last digits and the sign
#'
#' Sparse arithmetic would give the same but for rounding, and rounding is what decides a component's sign.
#' @param layer An open layer of counts.
#' @param genes Their places in the layer.
#' @param totals The counts of each cell, of all genes.
#' @param n How many.
#' @param dimnames Of cells and genes.
#' @return See [components_of_matrix()].
scaled_components <- function(layer, genes, totals, n, dimnames) {
  scaled <- layer_scaled(layer, genes, totals, NORMALISED_TOTAL, LARGEST_SCALED, threads())
  dimnames(scaled) <- dimnames
  components_of_matrix(scaled, n)
}

#' Principal components of a matrix, cells x genes, both named
#' @return `embedding` (cells x components), `loadings` (genes x components) and `sdev`.
components_of_matrix <- function(values, n) {
  n <- min(n, dim(values) - 1L)
  # It warns that a small matrix has few components.
  found <- seeded(suppressWarnings(irlba::irlba(values, nv = n)))
  names <- paste0("PC_", seq_len(n))
  list(
    embedding = matrix(found$u %*% diag(found$d, n), ncol = n, dimnames = list(rownames(values), names)),
    loadings = matrix(found$v, ncol = n, dimnames = list(colnames(values), names)),
    sdev = found$d / sqrt(max(1, nrow(values) - 1L))
  )
}
