# The method of ScType (Ianevski, Giri and Aittokallio, Nature Communications 13:1246, 2022).

#: Where z-scores are cut off, as Seurat's ScaleData does, in standard deviations.
HIGHEST_Z <- 10
#: A cluster is of a type only if its cells score at least this on average.
LOWEST_MEAN_SCORE <- 0.25
#: Whose values are in memory at a time, so that it stays bounded.
GENES_AT_ONCE <- 32L

#' How well each cell type fits each cluster
#'
#' The z-scores of a type's positive markers are summed, each divided by the square root of how many they are, and
#' those of its negative markers are taken off. A gene weighs the less, the more types it is a positive marker of,
#' also where it is a negative one, as in the program of the authors.
#' @param clusters For each cluster its cells, as places in the dataset.
#' @param markers `positive` and `negative`, as [tissue_markers()] gives them.
#' @return Sums over the cells: types x clusters. Types of which no positive marker is in the dataset are left out.
sctype_scores <- function(dataset, clusters, markers) {
  rows <- rows_of_symbols(dataset, unlist(markers))
  known <- function(symbols) lapply(symbols, intersect, names(rows))
  positive <- known(markers$positive)
  scored <- lengths(positive) > 0L

  sums <- z_sums(dataset, rows, clusters)
  weights <- marker_weights(markers$positive)
  weighted <- intersect(names(rows), names(weights))
  sums[weighted, ] <- weights[weighted] * sums[weighted, ]
  signature <- function(symbols) indicator(symbols[scored], names(rows))
  (signature(positive) - signature(known(markers$negative))) %*% sums
}

#' 1 for a gene that marks one type only, down to 0 for one that marks all types
#' @param positive For each type the symbols of its positive markers.
marker_weights <- function(positive) {
  types <- table(unlist(lapply(positive, unique)))
  weights <- (length(positive) - as.numeric(types)) / max(1, length(positive) - 1)
  if (length(positive) == 1L) weights[] <- 1
  stats::setNames(weights, names(types))
}

#' The row of each symbol that the dataset has, by symbol; of rows with the same symbol, that of the highest mean
rows_of_symbols <- function(dataset, symbols) {
  symbol <- dataset$genes$original_name
  rows <- which(symbol %in% symbols)
  rows <- rows[order(gene_statistics(dataset, rows)$mean, decreasing = TRUE)]
  rows <- sort(rows[!duplicated(symbol[rows])])
  stats::setNames(rows, symbol[rows])
}

#' Sums of z-scores over the cells of each cluster: genes x clusters
#'
#' The z-scores are those over all cells. Where a gene is not expressed its z-score is always the same, so only the
#' differences from that are summed, and no zero is filled in.
z_sums <- function(dataset, genes, clusters) {
  members <- Matrix::sparseMatrix(
    i = unlist(clusters), j = rep(seq_along(clusters), lengths(clusters)), x = 1,
    dims = c(dataset$n_cells, length(clusters))
  )
  sums <- do.call(rbind, lapply(blocks_of(genes, GENES_AT_ONCE), z_sums_of, dataset = dataset, members = members))
  dimnames(sums) <- list(names(genes), NULL)
  sums
}

z_sums_of <- function(genes, dataset, members) {
  statistics <- gene_statistics(dataset, genes)
  sd <- ifelse(statistics$sd > 0, statistics$sd, Inf)
  at_zero <- -statistics$mean / sd
  values <- gene_matrix(dataset, genes)
  gene <- rep(seq_along(genes), diff(values@p))
  values@x <- pmin(values@x / sd[gene] + at_zero[gene], HIGHEST_Z) - at_zero[gene]
  as.matrix(Matrix::crossprod(values, members)) + outer(at_zero, Matrix::colSums(members))
}

#' One over the square root of how many symbols a set has, where a symbol is in it: sets x symbols
indicator <- function(sets, symbols) {
  within <- vapply(sets, function(set) (symbols %in% set) / sqrt(max(1, length(set))), numeric(length(symbols)))
  t(matrix(within, length(symbols), length(sets), dimnames = list(symbols, names(sets))))
}

#' The type of the highest score for each cluster, "Unknown" where its cells do not score enough
#' @param scores Types x clusters.
#' @param sizes How many cells each cluster has.
best_types <- function(scores, sizes) {
  best <- apply(scores, 2L, which.max)
  score <- scores[cbind(best, seq_along(best))]
  ifelse(score < sizes * LOWEST_MEAN_SCORE, "Unknown", rownames(scores)[best])
}
