#' Clusters named after the cell types whose markers they express, as a class of cell sets
#'
#' Clusters of the same type become one set.
annotate_types <- function(dataset, params) {
  species <- check_string(params$species, "species", SPECIES)
  path <- check_string(params$markers, "markers", optional = TRUE)
  tissue <- check_string(params$tissue, "tissue", if (is.null(path)) TISSUES)
  key <- check_string(params$key, "key")
  sets <- check_list(params$cellSets, "cellSets")
  clusters <- non_empty(read_cell_sets(dataset, sets[["louvain"]], "cellSets.louvain"))$cells
  if (!length(clusters)) abort_task("R_WORKER_SCTYPE_ERROR", "No cluster holds a cell of this experiment; cluster it anew.")

  markers <- tissue_markers(tissue, species, path)
  check_symbols(dataset, unlist(markers$positive), tissue, species)
  types <- best_types(sctype_scores(dataset, clusters, markers), lengths(clusters))
  named <- unique(data.frame(type = rep(types, lengths(clusters)), cell = unlist(clusters)))
  named <- named[order(named$cell), ]
  class_of(
    key, sprintf("ScType-%s-%s", tissue, species), "cellSets",
    values = factor(named$type, levels = unique(types)), ids = dataset$cells_id[named$cell],
    colours = colour_source(dataset$object@misc$color_pool %||% colour_pool()),
    key_of = function(type) paste0(key, "-", match(type, unique(types)) - 1L), name_of = identity
  )
}

#' Stop where none of the symbols is a gene of the dataset, and say why
check_symbols <- function(dataset, symbols, tissue, species) {
  names <- dataset$genes$original_name
  if (any(symbols %in% names)) return(invisible())
  if (identical(names, dataset$genes$input) || mean(grepl(GENE_ID, names)) > 0.5) {
    abort_task("R_WORKER_NO_GENE_SYMBOLS", sprintf(
      "Cell types are recognised by gene symbols, and this experiment's genes (%s) have none that mark %s of %s.",
      some_of(names, 3L), tissue, species
    ))
  }
  abort_task("R_WORKER_SCTYPE_ERROR", sprintf(
    "None of the marker genes of %s of %s is in this experiment (its genes: %s); is it of another species?",
    tissue, species, some_of(names, 3L)
  ))
}

#: Names that databases number their genes by, such as ENSMUSG00000051951, FBgn0000008 or 7157.
GENE_ID <- "^(ENS[A-Z]*G[0-9]+(\\.[0-9]+)?|[A-Za-z]{2,6}[0-9]{7,}|[0-9]+)$"

register_task("ScTypeAnnotate", annotate_types)
