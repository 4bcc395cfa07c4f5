#: How far a group may stand out from the others in the colours of a dot plot, in standard deviations.
MOST_DEVIATIONS <- 2.5

#' How strongly, and by how many of its cells, each group expresses genes
#'
#' Parallel arrays with an entry for each group and gene; the indices point into `cellSetsNames` and `geneNames`, which
#' are sorted as in the C locale. Groups without cells are left out.
dot_plot <- function(dataset, params) {
  by_markers <- check_flag(params$useMarkerGenes, "useMarkerGenes")
  if (by_markers) {
    n_markers <- check_count(params$numberOfMarkers, "numberOfMarkers", min = 1)
  } else {
    genes <- genes_by_name(dataset, check_strings(params$customGenesList, "customGenesList", min_length = 1L))
  }
  groups <- non_empty(read_cell_sets(dataset, params$groupBy, "groupBy"), within = filtered_cells(dataset, params))
  if (!length(groups$cells)) return(dots(character(), character(), numeric(), numeric()))
  if (by_markers) genes <- best_markers(dataset, groups$cells, n_markers)$gene

  names <- make.unique(groups$name, " ")
  alphabetical <- order(names, method = "radix")
  statistics <- set_statistics(dataset, groups$cells[alphabetical], genes, expm1 = TRUE)
  dots(
    names[alphabetical], dataset$genes$name[genes],
    deviations(log1p(per_cell(statistics$sum, statistics$cells))),
    100 * per_cell(statistics$nonzero, statistics$cells)
  )
}

#' Genes with one of the names, ignoring case, in the order of the names
genes_by_name <- function(dataset, names) {
  asked <- match(dataset$upper_names, toupper(names))
  if (all(is.na(asked))) {
    abort_task("R_WORKER_GENE_NOT_FOUND", sprintf("Gene(s): %s not found!", some_of(names)))
  }
  order(asked, na.last = NA)
}

#' Places of the cells that a plot is restricted to, NULL for all
filtered_cells <- function(dataset, params) {
  if (!check_flag(params$applyFilter, "applyFilter")) return(NULL)
  filter <- check_list(params$filterBy, "filterBy")
  if (!is.null(filter$children)) return(unlist(read_cell_sets(dataset, filter, "filterBy")$cells))
  cell_places(dataset, list(check_ids(filter$cellIds, "filterBy.cellIds")))[[1L]]
}

#' Sums over groups of cells, genes x groups, as means
per_cell <- function(sums, cells) sums / rep(cells, each = nrow(sums))

#' How far each group stands out from the mean of the groups; a single group keeps its values
deviations <- function(values) {
  if (ncol(values) == 1L) return(values)
  pmin(pmax(t(scale(t(values))), -MOST_DEVIATIONS), MOST_DEVIATIONS)
}

#' The answer: `expression` and `percentage` are matrices genes x groups
dots <- function(group_names, gene_names, expression, percentage) {
  alphabetical <- order(gene_names, method = "radix")
  list(
    cellSetsIdx = rep(seq_along(group_names) - 1L, each = length(gene_names)),
    geneNameIdx = rep(order(alphabetical) - 1L, length(group_names)),
    avgExpression = as.vector(expression),
    cellsPercentage = as.vector(percentage),
    cellSetsNames = group_names,
    geneNames = gene_names[alphabetical]
  )
}

register_task("runDotPlot", dot_plot)
