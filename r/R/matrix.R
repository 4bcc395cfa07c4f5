#: What the counts of a cell are scaled to before their logarithm is taken, in counts.
NORMALISED_TOTAL <- 1e4

#' The values of genes: for each, the cells (from 0, in the dataset's order) where it is not zero, and the values there
#' @param genes Indices into `dataset$genes`.
expression_of <- function(dataset, genes, layer = "data") layer_columns(layer_of(dataset, layer), genes)

#' An open layer of the dataset, which the kernels read gene by gene
layer_of <- function(dataset, layer) {
  dataset$layers[[layer]] %||% abort_task("R_WORKER_LAYER_NOT_FOUND", sprintf("This experiment holds no %s.", layer))
}

#' Log-normalise counts: each cell scaled to the same total, then log1p
#' @param counts Genes x cells.
normalised <- function(counts) {
  totals <- Matrix::colSums(counts)
  totals <- rep.int(replace(totals, totals == 0, 1), diff(counts@p)) # a cell without counts may hold stored zeros
  counts@x <- log1p(counts@x / totals * NORMALISED_TOTAL)
  counts
}

#: How wide a window the trend of variance over mean is smoothed with, as a share of the genes.
TREND_SPAN <- 0.3
#: Fewer genes than this that vary have no trend; each is then expected to vary as it does.
TREND_GENES <- 20L

#' How much more a gene varies than genes of its mean do: the variance of its counts, standardised by the trend over
#' all genes and with outlying cells capped, as in Seurat's "vst"
#' @param layer An open layer of counts, or of their log1p.
#' @param log1p Whether it holds log1p.
standardised_variance <- function(layer, log1p = FALSE) {
  n_cells <- layer_facts(layer)$cells
  moments <- layer_moments(layer, log1p, threads())
  expected_sd <- sqrt(moments$variance)
  # A single cell has no variance, and values below zero have means that have no logarithm.
  varies <- which(expected_sd > 0 & moments$mean > 0)
  if (length(varies) >= TREND_GENES) {
    trend <- stats::loess(variance ~ mean, log10(as.data.frame(moments)[varies, ]), span = TREND_SPAN)
    expected_sd[varies] <- sqrt(10^trend$fitted)
  }
  standardised <- layer_capped_variance(layer, moments$mean, expected_sd, sqrt(n_cells), log1p, threads())
  list(mean = moments$mean, variance = moments$variance, variance.standardized = standardised)
}
