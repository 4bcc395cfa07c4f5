# SingleCellExperiment and SummarizedExperiment of strangers, by attribute.

#: What an assay of counts is called; `X` where the object was made of an .h5ad.
COUNT_ASSAYS <- c("counts", "X")

experiment_source <- function(object) {
  assays <- experiment_assays(part_of(object, "assays"))
  name <- intersect(COUNT_ASSAYS, names(assays))
  if (!length(name)) {
    held <- if (!length(assays)) "no assay" else paste(names(assays) %||% "an assay without a name", collapse = ", ")
    abort_foreign("there are no counts: the %s holds %s. Name the assay of counts 'counts'", class_named(object), held)
  }
  counts <- plain_matrix(assays[[name[1L]]], sprintf("the assay '%s'", name[1L]))
  table <- part_of(object, "colData")
  cells <- table_rows(table) %||% colnames(counts) %||% paste0("cell-", seq_len(ncol(counts)))
  inner <- table_columns(part_of(object, "int_colData"))
  columns <- table_columns(table)
  others <- names(table_columns(inner$altExps))
  list(
    counts = counts, genes = experiment_genes(object) %||% rownames(counts), cells = cells,
    format = class_named(object), columns = columns,
    gene_table = table_columns(experiment_rows(object)),
    clusters = as_category(plain_column(columns[["label"]], ncol(counts))), # where its own accessor, colLabels, looks
    reductions = plain_reductions(table_columns(inner$reducedDims), cells),
    misc = bare_list(part_of(object, "metadata")),
    left_out = if (length(others)) sprintf("alternative experiment %s", others)
  )
}

#' The assays by name; older objects keep them in a reference
experiment_assays <- function(assays) {
  reference <- part_of(assays, ".xData")
  list <- if (typeof(reference) == "environment") get0("data", reference, inherits = FALSE) else part_of(assays, "data")
  bare_list(part_of(list, "listData"))
}

experiment_rows <- function(object) {
  ranges <- part_of(object, "rowRanges")
  part_of(if (is.null(ranges)) object else ranges, "elementMetadata")
}

#' The names of the rows, which lie where the ranges of the genes are kept
experiment_genes <- function(object) {
  ranges <- part_of(object, "rowRanges")
  inner <- part_of(ranges, if (is.null(part_of(ranges, "partitioning"))) "ranges" else "partitioning")
  bare_text(slot_of(object, "NAMES")) %||% bare_text(slot_of(inner, "NAMES"))
}
