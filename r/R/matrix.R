#: What the counts of a cell are scaled to before their logarithm is taken, in counts.
NORMALISED_TOTAL <- 1e4

#' The values of genes: for each, the cells (from 0, in the dataset's order) where it is not zero, and the values there
#' @param genes Indices into `dataset$genes`.
expression_of <- function(dataset, genes, layer = "data") {
  matrix <- layer_of(dataset, layer)
  lapply(genes, function(gene) {
    entries <- seq.int(matrix@p[gene] + 1L, length.out = matrix@p[gene + 1L] - matrix@p[gene])
    list(cell = matrix@i[entries], value = matrix@x[entries])
  })
}

#' A layer of the dataset, cells x genes: a gene's values lie together.
layer_of <- function(dataset, layer) {
  dataset$layers[[layer]] %||% abort_task("R_WORKER_LAYER_NOT_FOUND", sprintf("This experiment holds no %s.", layer))
}

#' Turn genes x cells into cells x genes, without stored zeros
gene_major <- function(matrix) Matrix::drop0(Matrix::t(matrix))

#' Log-normalise counts: each cell scaled to the same total, then log1p
#' @param counts Genes x cells.
normalised <- function(counts) {
  totals <- rep.int(Matrix::colSums(counts), diff(counts@p))
  counts@x <- log1p(counts@x / totals * NORMALISED_TOTAL)
  counts
}

#: How wide a window the trend of variance over mean is smoothed with, as a share of the genes.
TREND_SPAN <- 0.3

#' How much more a gene varies than genes of its mean do: the variance of its counts, standardised by the trend over
#' all genes and with outlying cells capped, as in Seurat's "vst"
#' @param counts Cells x genes.
standardised_variance <- function(counts) {
  n_cells <- nrow(counts)
  moments <- column_moments(counts@p, counts@x, n_cells)
  varies <- moments$variance > 0
  trend <- stats::loess(variance ~ mean, log10(as.data.frame(moments)[varies, ]), span = TREND_SPAN)
  expected_sd <- numeric(ncol(counts))
  expected_sd[varies] <- sqrt(10^trend$fitted)
  list(
    mean = moments$mean,
    variance = moments$variance,
    variance.standardized = capped_variance(counts@p, counts@x, n_cells, moments$mean, expected_sd, sqrt(n_cells))
  )
}
