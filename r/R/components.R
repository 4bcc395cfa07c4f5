#: No scaled value counts for more than this, in standard deviations from the gene's mean.
LARGEST_SCALED <- 10

#: Of more cells than this, components come from sparse arithmetic: several times faster, and in much less memory.
MOST_DENSE_CELLS <- 5000L

#' Principal components of genes' scaled expression: Seurat's own, to the last digit
#'
#' Of very many cells a component may point the other way: what is lost in rounding decides its sign.
#' @param layer An open layer of counts.
#' @param genes Their places in the layer.
#' @param totals The counts of each cell, of all genes.
#' @param n How many.
#' @param dimnames Of cells and genes.
#' @return See [components_of_matrix()].
scaled_components <- function(layer, genes, totals, n, dimnames) {
  if (length(totals) > MOST_DENSE_CELLS) {
    scaled <- sparse_scaled(layer_matrix(layer, genes, dimnames), totals)
    return(components_of_matrix(scaled$values, n, center = scaled$mean, scale = scaled$sd))
  }
  scaled <- layer_scaled(layer, genes, totals, NORMALISED_TOTAL, LARGEST_SCALED, threads())
  dimnames(scaled) <- dimnames
  components_of_matrix(scaled, n)
}

#' Log-normalise counts (cells x genes) and cut off what will be too large once it is scaled
#' @return `values`, still sparse, with the `mean` and the `sd` that each gene is to be scaled by.
sparse_scaled <- function(counts, totals) {
  n <- nrow(counts)
  mean <- sd <- numeric(ncol(counts))
  values <- numeric(length(counts@x))
  for (gene in seq_along(mean)) {
    entries <- counts@p[[gene]] + seq_len(counts@p[[gene + 1L]] - counts@p[[gene]])
    x <- log1p(counts@x[entries] / totals[counts@i[entries] + 1L] * NORMALISED_TOTAL)
    mean[[gene]] <- sum(x) / n
    sd[[gene]] <- sqrt((sum((x - mean[[gene]])^2) + (n - length(x)) * mean[[gene]]^2) / (n - 1L))
    values[entries] <- pmin(x, mean[[gene]] + LARGEST_SCALED * sd[[gene]])
  }
  counts@x <- values
  list(values = counts, mean = mean, sd = replace(sd, sd == 0, 1))
}

#' Principal components of a matrix, cells x genes, both named
#' @param ... How its columns are to be centred and scaled.
#' @return `embedding` (cells x components), `loadings` (genes x components) and `sdev`.
components_of_matrix <- function(values, n, ...) {
  n <- min(n, dim(values) - 1L)
  # It warns that a small matrix has few components.
  found <- seeded(suppressWarnings(irlba::irlba(values, nv = n, ...)))
  names <- paste0("PC_", seq_len(n))
  list(
    embedding = matrix(found$u %*% diag(found$d, n), ncol = n, dimnames = list(rownames(values), names)),
    loadings = matrix(found$v, ncol = n, dimnames = list(colnames(values), names)),
    sdev = found$d / sqrt(max(1, nrow(values) - 1L))
  )
}
