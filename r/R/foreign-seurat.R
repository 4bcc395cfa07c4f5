# Seurat objects of strangers, versions 2 to 5, by attribute.

seurat_source <- function(object) {
  assays <- bare_list(part_of(object, "assays"))
  active <- bare_text(part_of(object, "active.assay"))
  name <- if ("RNA" %in% names(assays)) "RNA" else intersect(active, names(assays))
  if (length(name) != 1L) abort_foreign("the Seurat object in it has no assay")
  assay <- assays[[name]]
  counts <- assay_counts(assay, name)
  meta <- part_of(object, "meta.data")
  cells <- intersect(table_rows(meta), colnames(counts))
  if (!length(cells)) abort_foreign("the %s assay and the object's metadata do not name the same cells", name)
  is_whole <- identical(cells, colnames(counts))
  if (!is_whole) counts <- counts[, cells, drop = FALSE]
  at <- match(cells, table_rows(meta))
  columns <- lapply(table_columns(meta), rows_at, at)
  misc <- bare_list(part_of(object, "misc"))
  if (length(cells) != length(table_rows(meta))) misc$tandem <- NULL # its cell sets name cells that are not here
  list(
    counts = counts, genes = rownames(counts), cells = cells,
    format = paste("Seurat object of version", version_text(part_of(object, "version"))),
    gene_table = table_columns(part_of(assay, if (is_assay5(assay)) "meta.data" else "meta.features")),
    columns = columns, clusters = identities(part_of(object, "active.ident"), cells, columns),
    reductions = plain_reductions(
      lapply(bare_list(part_of(object, "reductions")), part_of, "cell.embeddings"), cells
    ),
    misc = misc, assay = name, left_out = sprintf("assay %s", setdiff(names(assays), name))
  )
}

#' Version 2 kept the counts beside everything else
seurat2_source <- function(object) {
  counts <- part_of(object, "raw.data")
  if (is.null(counts)) abort_foreign("there are no counts: the object has no raw.data. Save it with its counts")
  counts <- plain_matrix(counts, "the raw.data")
  meta <- part_of(object, "meta.data")
  # It held on to the counts of cells that were filtered.
  cells <- intersect(table_rows(meta), colnames(counts))
  if (!length(cells)) abort_foreign("the raw.data and the object's metadata do not name the same cells")
  columns <- lapply(table_columns(meta), rows_at, match(cells, table_rows(meta)))
  list(
    counts = counts[, cells, drop = FALSE], genes = rownames(counts), cells = cells,
    format = "Seurat object of version 2", columns = columns,
    clusters = identities(part_of(object, "ident"), cells, columns),
    reductions = plain_reductions(lapply(bare_list(part_of(object, "dr")), part_of, "cell.embeddings"), cells)
  )
}

#' The counts of an assay with the names of its genes and cells; layers that were split by sample are joined
assay_counts <- function(assay, name) {
  if (!is_assay5(assay)) {
    counts <- part_of(assay, "counts")
    if (is.null(counts)) no_counts(name, character())
    counts <- plain_matrix(counts, sprintf("the counts of the %s assay", name))
    if (!all(dim(counts))) no_counts(name, "data")
    return(counts)
  }
  layers <- bare_list(part_of(assay, "layers"))
  wanted <- names(layers)[names(layers) == "counts" | startsWith(names(layers), "counts.")]
  if (!length(wanted)) no_counts(name, names(layers))
  pieces <- lapply(wanted, function(layer) {
    matrix <- plain_matrix(layers[[layer]], sprintf("layer '%s' of the %s assay", layer, name))
    genes <- layer_names(part_of(assay, "features"), layer)
    cells <- layer_names(part_of(assay, "cells"), layer)
    if (!identical(dim(matrix), c(length(genes), length(cells)))) {
      abort_foreign(
        "layer '%s' of the %s assay is %d x %d, but %d genes and %d cells are named for it",
        layer, name, nrow(matrix), ncol(matrix), length(genes), length(cells)
      )
    }
    list(matrix = matrix, genes = genes, cells = cells)
  })
  held <- unlist(lapply(pieces, `[[`, "cells"))
  twice <- held[duplicated(held)]
  if (length(twice)) abort_foreign("cell %s has counts in two layers of the %s assay", twice[1L], name)
  joined(pieces, names_along(part_of(assay, "features"), 1L), intersect(names_along(part_of(assay, "cells"), 1L), held))
}

no_counts <- function(name, layers) {
  abort_foreign(
    "there are no counts: the %s assay holds only %s. Save the object with its counts", name,
    if (length(layers)) paste(layers, collapse = ", ") else "other layers"
  )
}

#' The names that a map of Seurat 5 (names x layers) holds for a layer
layer_names <- function(map, layer) {
  names <- names_along(map, 1L)
  column <- match(layer, names_along(map, 2L))
  flags <- bare(map)
  if (is.na(column) || !is.logical(flags) || length(flags) %% max(length(names), 1L)) {
    abort_foreign("layer '%s' is not described by the object", layer)
  }
  names[which(matrix(flags, length(names))[, column])]
}

#' The identities of the cells where they divide them, and are not merely their samples
identities <- function(idents, cells, columns) {
  names <- bare_text(part_of(idents, "names"))
  values <- plain_column(idents, length(bare(idents)))
  if (length(names) == length(values)) values <- values[match(cells, names)]
  if (!is.factor(values) || length(values) != length(cells) || length(unique(values)) < 2L) return(NULL)
  origin <- plain_column(columns[["orig.ident"]], length(cells))
  if (!identical(as.character(values), as.character(origin))) droplevels(values)
}

#' Some rows of a column, which keeps its class and levels; what is no vector of them stays as it is
rows_at <- function(x, at) {
  values <- bare(x)
  if (is.null(values) || !is.null(part_of(x, "dim"))) return(NULL)
  kept <- list(class = bare_text(part_of(x, "class")), levels = bare_text(part_of(x, "levels")))
  values <- values[at]
  attributes(values) <- if (!is.null(kept$levels)) kept[c("levels", "class")] else kept["class"]
  values
}

version_text <- function(version) {
  parts <- bare_list(version)
  if (length(parts)) paste(bare_numbers(parts[[1L]]), collapse = ".") else "3"
}
