# Marker genes: what tells each set of cells from the cells of the other sets.

#: A gene that marks a set well has at least this chance to be higher in a cell of the set than in another cell,
MARKER_LEAST_AUC <- 0.3
#: is expressed by at least this share of the set's cells and by at most that of the others, in per cent.
MARKER_LEAST_PCT_IN <- 20
MARKER_MOST_PCT_OUT <- 70

#' Every gene of each set against the cells of the other sets
#'
#' All cells are ranked, in one pass over the matrix. Cells in no set take no part.
#' @param cells For each set its places in the dataset.
#' @param keep `function(table)`: which rows of a [wilcoxon()] table are wanted.
#' @return Those rows of all sets, and their `set` and `gene` as indices.
marker_statistics <- function(dataset, cells, keep) {
  if (length(cells) < 2L) {
    abort_task("R_WORKER_NO_MARKER_GENES", sprintf(
      "Marker genes tell groups of cells apart, so two groups that hold cells of this experiment are needed, not %d.",
      length(cells)
    ))
  }
  all <- length(cells) + 1L
  statistics <- set_statistics(dataset, c(cells, list(unique(unlist(cells)))), ranks = TRUE)
  do.call(rbind, lapply(seq_along(cells), function(set) {
    table <- wilcoxon(against_rest(statistics, set, all), 1L, 2L)
    gene <- which(keep(table))
    cbind(set = rep(set, length(gene)), gene = gene, table[gene, ])
  }))
}

#' The statistics of two groups: the cells of a set, and all others
against_rest <- function(statistics, set, all) {
  split <- function(x) cbind(x[, set], x[, all] - x[, set])
  two <- lapply(statistics[c("sum", "nonzero", "rank_sum")], split)
  c(two, list(cells = drop(split(rbind(statistics$cells))), ties = statistics$ties))
}

#' The genes that mark each set best, as [best_of_sets()] chooses them
best_markers <- function(dataset, cells, n) {
  found <- marker_statistics(dataset, cells, function(table) {
    table$logFC > 0 & table$auc >= MARKER_LEAST_AUC &
      table$pct_1 >= MARKER_LEAST_PCT_IN & table$pct_2 <= MARKER_MOST_PCT_OUT
  })
  if (!nrow(found)) {
    abort_task("R_WORKER_NO_MARKER_GENES", "No gene tells these groups of cells apart.")
  }
  best_of_sets(found, n)
}

#' Choose among rows of [marker_statistics()]: at most `n` for each set, set after set
#'
#' A gene belongs to the set where its p-value is smallest; where p is equal (it is 0 among many cells), to the one
#' where it stands out most (`logFC`). The genes of a set come by how far they stand out.
best_of_sets <- function(found, n) {
  found <- found[order(found$p_val, -found$logFC, found$set), ]
  found <- found[!duplicated(found$gene), ]
  found <- found[order(found$set, -found$logFC, found$p_val, found$gene), ]
  found[sequence(tabulate(found$set)) <= n, ]
}
