#: A gene counts as expressed in a comparison if its cells hold more of it than this, in counts.
MOST_BACKGROUND_COUNTS <- 15

#' Genes that the cells of a comparison express at all, by their original names
get_background_genes <- function(dataset, params) {
  base <- check_ids(params$baseCells, "baseCells")
  background <- check_ids(params$backgroundCells, "backgroundCells")

  compared <- as.integer(sides_of(dataset, base, background) > 0L)
  counts <- group_statistics(dataset, compared, 1L, layer = "counts")$sum[, 1L]
  list(genes = dataset$genes$original_name[counts > MOST_BACKGROUND_COUNTS])
}

register_task("getBackgroundExpressedGenes", get_background_genes)
