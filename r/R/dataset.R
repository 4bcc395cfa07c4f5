#' Read an experiment for analysis
#'
#' Objects of Seurat 3, 4 and 5 are read under SeuratObject 4 and 5 alike. What the pipeline stores in `misc` and
#' `meta.data` is used; an ordinary object without it gets ids in cell order, gene names from its rows and computed
#' dispersions.
#' @param path The `.rds` file of a Seurat object.
#' @param experiment_id The experiment the file belongs to.
#' @return A `tandem_dataset`: `experiment_id`, `path`, `n_cells`, `n_genes`, `cells_id`, `genes` (input, name,
#'   original_name), `dispersion` (gene_names, dispersions), `layers` (see [expression_of()]) and `object`: the Seurat
#'   object without its assays, so that expression cannot be read from it by mistake.
#' @export
load_dataset <- function(path, experiment_id) {
  object <- read_object(path)
  cells <- rownames(object@meta.data)
  assay <- rna_assay(object)
  genes <- gene_table(object@misc$gene_annotations, gene_names_of(assay))
  layers <- lapply(rna_layers(assay, cells), gene_major)
  object@assays <- list()

  structure(class = "tandem_dataset", list(
    experiment_id = experiment_id,
    path = path,
    checksum = unname(tools::md5sum(path)),
    store = file.path(dirname(path), "store"),
    object = object,
    cells_id = cell_ids(object@meta.data),
    n_cells = length(cells),
    n_genes = nrow(genes),
    genes = genes,
    dispersion = dispersion_table(object@misc$gene_dispersion, genes, layers),
    layers = layers
  ))
}

#' Read a Seurat object whole, its RNA assay in a form that this SeuratObject understands
read_object <- function(path) {
  loadNamespace("SeuratObject")
  object <- tryCatch(
    suppressWarnings(readRDS(path)),
    error = function(e) abort_dataset(sprintf("%s cannot be read as an R data file: %s", path, conditionMessage(e)))
  )
  if (!inherits(object, "Seurat")) {
    abort_dataset(sprintf("%s holds a '%s', not a Seurat object.", path, class(object)[1L]))
  }
  assay <- rna_assay(object)
  if (is.null(assay)) abort_dataset(sprintf("The Seurat object in %s has no assay.", path))
  if (is_assay5(assay) && !methods::isClass("Assay5", where = asNamespace("SeuratObject"))) {
    object@assays <- list(RNA = plain_assay(assay, rownames(object@meta.data)))
    object@active.assay <- "RNA"
  }
  object
}

abort_dataset <- function(message) {
  stop(structure(class = c("tandem_dataset_error", "error", "condition"), list(message = message, call = NULL)))
}

cell_ids <- function(meta) {
  ids <- meta$cells_id %||% (seq_len(nrow(meta)) - 1L)
  if (!is.numeric(ids) || anyNA(ids) || any(ids < 0 | ids != trunc(ids)) || anyDuplicated(ids)) {
    abort_dataset("The column 'cells_id' must give every cell a whole number of its own, from 0 on.")
  }
  as.integer(ids)
}

#' Names of the genes, in the order of the assay's rows
gene_table <- function(annotations, rows) {
  name_in <- function(column) {
    known <- annotations[[column]][match(rows, annotations$input)]
    if (is.null(known)) rows else ifelse(is.na(known), rows, as.character(known))
  }
  data.frame(input = rows, name = name_in("name"), original_name = name_in("original_name"))
}

#' Dispersions as the pipeline stored them, else computed
dispersion_table <- function(stored, genes, layers) {
  value <- stored$residual_variance %||% stored$variance.standardized
  if (is.null(value)) {
    value <- standardised_variance(layers$counts %||% expm1(layers$data))$variance.standardized
    return(data.frame(gene_names = genes$name, dispersions = value))
  }
  # Some pipelines left the column of symbols without a name.
  symbols <- stored$SYMBOL %||% genes$name[match(rownames(stored), genes$input)]
  data.frame(gene_names = as.character(symbols), dispersions = value)
}

#' A stored reduction, one row a cell
reduction_of <- function(dataset, name) {
  reduction <- dataset$object@reductions[[name]]
  if (is.null(reduction)) {
    abort_task("R_WORKER_EMBEDDING_NOT_FOUND", sprintf("No '%s' embedding is stored for this experiment.", name))
  }
  embedding <- part_of(reduction, "cell.embeddings")
  embedding[match(rownames(dataset$object@meta.data), rownames(embedding)), , drop = FALSE]
}
