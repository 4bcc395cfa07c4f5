# What is computed over the cells of a layer, gene by gene. The work is done in C++ by `threads()` threads; how many
# those are changes nothing in the results.

#' Statistics of genes over groups of cells, in one pass over the layer
#'
#' @param groups One code a cell, in the dataset's order: 1 to `n_groups`, or 0 for a cell that takes no part.
#' @param genes Indices into `dataset$genes`; NULL for all.
#' @param ranks Whether the values of all cells that take part are ranked too.
#' @param expm1 Whether sums are of `expm1` of the values.
#' @return `cells` (how many in each group) and the matrices genes x groups `sum`, `nonzero` and, with ranks,
#'   `rank_sum`; and then `ties`, for each gene the sum of t^3 - t over its blocks of t equal values.
group_statistics <- function(dataset, groups, n_groups, genes = NULL, layer = "data", ranks = FALSE, expm1 = FALSE) {
  genes <- genes %||% seq_len(dataset$n_genes)
  layer_group_statistics(layer_of(dataset, layer), groups, n_groups, genes, ranks, expm1, threads())
}

#' Mean, standard deviation, smallest value and cap of genes over all cells
gene_statistics <- function(dataset, genes, layer = "data") {
  layer_gene_statistics(layer_of(dataset, layer), genes, threads())
}

#' Totals of each cell over genes: the sum of its values and how many are not zero
cell_totals <- function(dataset, genes = NULL, layer = "counts") {
  layer_cell_totals(layer_of(dataset, layer), genes %||% seq_len(dataset$n_genes), threads())
}

#' The values of a few genes as a sparse matrix, cells x genes, in the order asked for
#' @param cells Places in the dataset, from 1; NULL for all.
gene_matrix <- function(dataset, genes, cells = NULL, layer = "data") {
  matrix <- layer_matrix(layer_of(dataset, layer), genes, list(NULL, dataset$genes$name[genes]))
  if (is.null(cells)) matrix else matrix[cells, , drop = FALSE]
}

#' Genes of an open layer as a sparse matrix, cells x genes
layer_matrix <- function(layer, genes, dimnames = list(NULL, NULL)) {
  loadNamespace("Matrix")
  entries <- layer_entries(layer, genes, threads())
  n_cells <- as.integer(layer_facts(layer)$cells)
  methods::new(
    "dgCMatrix", p = entries$p, i = entries$i, x = entries$x, Dim = c(n_cells, length(genes)), Dimnames = dimnames
  )
}

#' The values of genes as text: for each a line with its label and, after commas, the values of the cells
#'
#' Values have the fewest digits that read back to the same 32-bit float.
#' @param cells Places in the dataset, from 1.
#' @return Raw bytes.
gene_rows <- function(dataset, genes, labels, cells, layer = "data") {
  layer_rows(layer_of(dataset, layer), genes, enc2utf8(labels), cells, threads())
}

#' Genes in blocks, for what is done to a bounded number of them at a time
blocks_of <- function(genes, size) unname(split(genes, (seq_along(genes) - 1L) %/% size))
