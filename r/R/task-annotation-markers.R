#: A gene that is said to mark a cluster is expressed by at least this share of its cells, in per cent.
ANNOTATION_LEAST_PCT <- 10

#' The symbols of the genes that are higher in each set of a class than in its other sets
#'
#' The surest come first: by p-value, then by how far they stand out. Unlike those of the heatmap, a gene may mark
#' several sets. Sets without cells are left out.
annotation_markers <- function(dataset, params) {
  n_genes <- check_count(params$nGenes, "nGenes", min = 1)
  sets <- non_empty(read_cell_sets(dataset, params$cellSets, "cellSets"))
  found <- marker_statistics(dataset, sets$cells, function(table) {
    table$logFC > 0 & table$pct_1 >= ANNOTATION_LEAST_PCT
  })
  found <- found[order(found$p_val, -found$logFC, found$gene), ]
  clusters <- lapply(seq_along(sets$key), function(set) {
    symbols <- dataset$genes$original_name[found$gene[found$set == set]]
    list(
      key = scalar(sets$key[set]), name = scalar(sets$name[set]), cells = scalar(length(sets$cells[[set]])),
      genes = utils::head(unique(symbols), n_genes)
    )
  })
  list(clusters = clusters)
}

register_task("getAnnotationMarkers", annotation_markers)
