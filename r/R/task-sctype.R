#: Names that databases number their genes by, such as ENSMUSG00000051951, FBgn0000008 or 7157.
GENE_ID <- "^(ENS[A-Z]*G[0-9]+(\\.[0-9]+)?|[A-Za-z]{2,6}[0-9]{7,}|[0-9]+)$"

#' Clusters named after the cell types whose markers they express, as a class of cell sets
#'
#' Clusters of the same type become one set.
annotate_types <- function(dataset, params) {
  species <- check_string(params$species, "species", SPECIES)
  path <- check_string(params$markers, "markers", optional = TRUE)
  tissue <- check_string(params$tissue, "tissue", if (is.null(path)) TISSUES)
  key <- check_string(params$key, "key")
  louvain <- check_list(params$cellSets, "cellSets")[["louvain"]]
  clusters <- non_empty(read_cell_sets(dataset, louvain, "cellSets.louvain"))$cells
  if (!length(clusters)) {
    abort_task("R_WORKER_SCTYPE_ERROR", "No cluster holds a cell of this experiment. Cluster its cells anew first.")
  }
  markers <- tissue_markers(tissue, species, path)
  if (!is.null(path)) markers <- spelled_as(markers, dataset$genes$original_name)
  check_symbols(dataset, unlist(markers$positive), tissue, species)

  types <- best_types(sctype_scores(dataset, clusters, markers), lengths(clusters))
  named <- lapply(split(clusters, factor(types, unique(types))), function(parts) sort(unique(unlist(parts))))
  class_of(
    key, sprintf("ScType-%s-%s", tissue, species), "cellSets",
    values = factor(rep(names(named), lengths(named)), names(named)), ids = dataset$cells_id[unlist(named)],
    colours = colour_source(pool_of(dataset$object)),
    key_of = function(type) paste0(key, "-", match(type, names(named)) - 1L), name_of = identity
  )
}

#' Markers as the experiment spells them: workbooks write the symbols of every species in capitals
#' @param markers Symbols, in lists.
spelled_as <- function(markers, names) {
  rapply(markers, how = "replace", function(symbols) {
    place <- match(toupper(symbols), toupper(names))
    unique(ifelse(symbols %in% names | is.na(place), symbols, names[place]))
  })
}

#' Stop where none of the symbols is a gene of the dataset, and say why
check_symbols <- function(dataset, symbols, tissue, species) {
  names <- dataset$genes$original_name
  if (any(symbols %in% names)) return(invisible())
  missing <- sprintf(
    "none of the %s marker genes for '%s' is among this experiment's genes (%s)", species, tissue, some_of(names, 3L)
  )
  if (mean(grepl(GENE_ID, names)) > 0.5 || identical(names, dataset$genes$input)) {
    abort_task("R_WORKER_NO_GENE_SYMBOLS", sprintf("Cell types are recognised by gene symbols, and %s.", missing))
  }
  abort_task("R_WORKER_SCTYPE_ERROR", sprintf("Choose the species that the cells are of: %s.", missing))
}

register_task("ScTypeAnnotate", annotate_types)
