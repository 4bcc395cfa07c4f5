# What is computed over all cells of a layer, gene by gene.

#' Statistics of genes over groups of cells
#'
#' @param groups One code a cell, in the dataset's order: 1 to `n_groups`, or 0 for a cell that takes no part.
#' @param genes Indices into `dataset$genes`; NULL for all.
#' @param ranks Whether the values of all cells that take part are ranked too.
#' @param expm1 Whether sums are of `expm1` of the values.
#' @return `cells` (how many in each group) and the matrices genes x groups `sum`, `nonzero` and, with ranks,
#'   `rank_sum`; and then `ties`, for each gene the sum of t^3 - t over its blocks of t equal values.
group_statistics <- function(dataset, groups, n_groups, genes = NULL, layer = "data", ranks = FALSE, expm1 = FALSE) {
  genes <- genes %||% seq_len(dataset$n_genes)
  taking_part <- which(groups > 0L)
  codes <- factor(groups[taking_part], levels = seq_len(n_groups))
  found <- lapply(expression_of(dataset, genes, layer), function(column) {
    values <- numeric(dataset$n_cells)
    values[column$cell + 1L] <- column$value
    values <- values[taking_part]
    tied <- table(values)
    list(
      sum = tapply(if (expm1) base::expm1(values) else values, codes, sum, default = 0),
      nonzero = tapply(values != 0, codes, sum, default = 0),
      rank_sum = if (ranks) tapply(rank(values), codes, sum, default = 0),
      ties = if (ranks) sum(as.numeric(tied)^3 - as.numeric(tied))
    )
  })
  across <- function(field) matrix(unlist(lapply(found, `[[`, field)), length(genes), n_groups, byrow = TRUE)
  statistics <- list(cells = tabulate(codes, n_groups), sum = across("sum"), nonzero = across("nonzero"))
  if (ranks) statistics <- c(statistics, list(rank_sum = across("rank_sum"), ties = vapply(found, `[[`, 0, "ties")))
  statistics
}

#' Totals of each cell over genes: the sum of its values and how many are not zero
cell_totals <- function(dataset, genes = NULL, layer = "counts") {
  columns <- expression_of(dataset, genes %||% seq_len(dataset$n_genes), layer)
  sum <- nonzero <- numeric(dataset$n_cells)
  for (column in columns) {
    at <- column$cell + 1L
    sum[at] <- sum[at] + column$value
    nonzero[at] <- nonzero[at] + 1
  }
  list(sum = sum, nonzero = nonzero)
}

#' The values of a few genes as a sparse matrix, cells x genes, in the order asked for
#' @param cells Places in the dataset, from 1; NULL for all.
gene_matrix <- function(dataset, genes, cells = NULL, layer = "data") {
  columns <- expression_of(dataset, genes, layer)
  matrix <- Matrix::sparseMatrix(
    i = unlist(lapply(columns, `[[`, "cell")), p = c(0L, cumsum(lengths(lapply(columns, `[[`, "cell")))),
    x = unlist(lapply(columns, `[[`, "value")), dims = c(dataset$n_cells, length(genes)), index1 = FALSE,
    dimnames = list(NULL, dataset$genes$name[genes])
  )
  if (is.null(cells)) matrix else matrix[cells, , drop = FALSE]
}
