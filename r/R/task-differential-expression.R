#' Genes that differ between two sets of cells
#'
#' "within" tests the cells themselves, all of them; "between" tests the samples that they are from, see
#' [compare_samples()]. Cells that are in both sets count in the first, ids that the dataset does not hold in none.
run_differential_expression <- function(dataset, params) {
  base <- check_ids(params$baseCells, "baseCells")
  background <- check_ids(params$backgroundCells, "backgroundCells")
  compare <- comparison_of(params$comparisonType)
  genes_only <- isTRUE(check_flag(params$genesOnly, "genesOnly", optional = TRUE))
  pagination <- check_pagination(params$pagination)

  table_answer(compare(dataset, sides_of(dataset, base, background)), pagination, genes_only)
}

#' The function that makes the kind of comparison asked for
comparison_of <- function(type) {
  type <- check_string(type, "comparisonType", c("within", "between"), optional = TRUE) %||% "within"
  switch(type, within = compare_cells, between = compare_samples)
}

#: The side that a cell is on: of the set that is looked at, or of the one it is compared with; 0 is neither.
BASE <- 1L
BACKGROUND <- 2L

#' Which side every cell is on
sides_of <- function(dataset, base, background) {
  sides <- integer(dataset$n_cells)
  sides[dataset$cells_id %in% background] <- BACKGROUND
  sides[dataset$cells_id %in% base] <- BASE
  if (!any(sides == BASE)) {
    abort_task("R_WORKER_EMPTY_CELL_SET", "No cell of the first cell set is in this experiment; choose another one.")
  }
  if (!any(sides == BACKGROUND)) {
    abort_task("R_WORKER_EMPTY_CELL_SET", paste(
      "No cell of the second cell set is in this experiment and outside the first; choose another one."
    ))
  }
  sides
}

#' Wilcoxon's test of every gene between the cells of two sides
compare_cells <- function(dataset, sides) {
  cell_table(dataset, group_statistics(dataset, sides, 2L, ranks = TRUE), BASE, BACKGROUND)
}

#' The table of Wilcoxon's test, the surest differences first
#' @inheritParams wilcoxon
cell_table <- function(dataset, statistics, first, second) {
  found <- wilcoxon(statistics, first, second)
  table <- data.frame(
    found[c("p_val", "logFC", "pct_1", "pct_2")],
    p_val_adj = floored(stats::p.adjust(found$p_val, "BH")),
    auc = found$auc
  )
  surest_first(with_gene_names(table, dataset))
}

#' P-values to draw on a logarithmic scale: none of them zero
floored <- function(p) replace(p, which(p == 0), .Machine$double.xmin)

#' Rows by p-value, equals by the size of the difference, then in the dataset's order; rows without one last
surest_first <- function(table) table[order(table$p_val, -abs(table$logFC)), ]

register_task("DifferentialExpression", run_differential_expression)
