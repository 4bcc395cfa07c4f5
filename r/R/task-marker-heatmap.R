#' Names of the genes that mark the sets of a class best, in the order of its sets
marker_heatmap <- function(dataset, params) {
  n_genes <- check_count(params$nGenes, "nGenes", min = 1)
  sets <- non_empty(read_cell_sets(dataset, params$cellSets, "cellSets"))
  list(orderedGeneNames = dataset$genes$name[best_markers(dataset, sets$cells, n_genes)$gene])
}

register_task("runMarkerHeatmap", marker_heatmap)
