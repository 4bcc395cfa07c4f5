#' Read an experiment for analysis
#'
#' Objects of Seurat 3, 4 and 5 are read under SeuratObject 4 and 5 alike. What the pipeline stores in `misc` and
#' `meta.data` is used; an ordinary object without it gets ids in cell order, gene names from its rows and computed
#' dispersions.
#' What is read is the dataset's store, which is made first where it is not there.
#' @param path The `.rds` file of a Seurat object.
#' @param experiment_id The experiment the file belongs to.
#' @param store What [prepare_store()] found.
#' @return A `tandem_dataset`: `experiment_id`, `path`, `checksum`, `store`, `n_cells`, `n_genes`, `cells_id`, `genes`
#'   (input, name, original_name), their `upper_names` to search in, `dispersion` (gene_names, dispersions), `layers`
#'   (see [expression_of()]) and `object` (see [slim_object()]).
#' @export
load_dataset <- function(path, experiment_id, store = prepare_store(path)) {
  stored <- readRDS(file.path(store$folder, "object.rds"))
  structure(class = "tandem_dataset", list(
    experiment_id = experiment_id,
    path = path,
    checksum = store$checksum,
    store = store$folder,
    object = stored$object,
    cells_id = cell_ids(stored$object@meta.data),
    n_cells = nrow(stored$object@meta.data),
    n_genes = nrow(stored$genes),
    genes = stored$genes,
    upper_names = stored$upper_names,
    dispersion = stored$dispersion,
    layers = stored_layers(store)
  ))
}

#' What analyses see of the Seurat object: it has no assays, so that expression cannot be read from it by mistake, and
#' it is of no class of Seurat's, so that reading it does not wait for Seurat
#' @field reductions Matrices by name, a row a cell in the order of `meta.data`; NA for a cell without coordinates.
methods::setClass("SlimObject", representation(
  meta.data = "data.frame", active.assay = "character", active.ident = "factor", reductions = "list", images = "list",
  misc = "list"
))

#' The slim object of a Seurat object, with its genes and their dispersions
slim_object <- function(object, genes, layers) {
  cells <- rownames(object@meta.data)
  cell_ids(object@meta.data)
  slim <- methods::new(
    "SlimObject",
    meta.data = object@meta.data,
    active.assay = part_of(object, "active.assay"),
    active.ident = factor(part_of(object, "active.ident")),
    reductions = lapply(part_of(object, "reductions"), function(reduction) {
      embedding <- part_of(reduction, "cell.embeddings")
      embedding[match(cells, rownames(embedding)), , drop = FALSE]
    }),
    images = as.list(part_of(object, "images")),
    misc = as.list(part_of(object, "misc"))
  )
  dispersion <- dispersion_table(slim@misc$gene_dispersion, genes, layers)
  list(object = slim, genes = genes, upper_names = toupper(genes$name), dispersion = dispersion)
}

#' Read a Seurat object whole, its RNA assay in a form that this SeuratObject understands
read_object <- function(path) {
  object <- read_seurat(path)
  assay <- rna_assay(object)
  if (is_assay5(assay) && !methods::isClass("Assay5", where = asNamespace("SeuratObject"))) {
    object@assays <- list(RNA = plain_assay(assay, rownames(object@meta.data)))
    object@active.assay <- "RNA"
  }
  object
}

#' Read a Seurat object as it is
read_seurat <- function(path) {
  loadNamespace("SeuratObject")
  object <- tryCatch(
    suppressWarnings(readRDS(path)),
    error = function(e) abort_dataset(sprintf("%s cannot be read as an R data file: %s", path, conditionMessage(e)))
  )
  if (!inherits(object, "Seurat")) {
    abort_dataset(sprintf("%s holds a '%s', not a Seurat object.", path, class(object)[1L]))
  }
  if (is.null(rna_assay(object))) abort_dataset(sprintf("The Seurat object in %s has no assay.", path))
  object
}

abort_dataset <- function(message) {
  stop(structure(class = c("tandem_dataset_error", "error", "condition"), list(message = message, call = NULL)))
}

cell_ids <- function(meta) {
  # `$` would also take a column whose name begins so.
  ids <- meta[["cells_id"]] %||% (seq_len(nrow(meta)) - 1L)
  is_whole <- is.numeric(ids) && !anyNA(ids) && all(ids >= 0 & ids <= .Machine$integer.max & ids == trunc(ids))
  if (!is_whole || anyDuplicated(ids)) {
    abort_dataset("The column 'cells_id' must give every cell a whole number of its own, from 0 on.")
  }
  as.integer(ids)
}

#' Names of the genes, in the order of the assay's rows
gene_table <- function(annotations, rows) {
  name_in <- function(column) {
    known <- annotations[[column]][match(rows, annotations[["input"]])]
    if (is.null(known)) rows else ifelse(is.na(known), rows, as.character(known))
  }
  data.frame(input = rows, name = name_in("name"), original_name = name_in("original_name"))
}

#' Dispersions as the pipeline stored them, else computed
dispersion_table <- function(stored, genes, layers) {
  value <- stored[["residual_variance"]] %||% stored[["variance.standardized"]]
  if (is.null(value)) {
    from_data <- is.null(layers$counts)
    value <- standardised_variance(layers[[if (from_data) "data" else "counts"]], from_data)$variance.standardized
    return(data.frame(gene_names = genes$name, dispersions = value))
  }
  # Some pipelines left the column of symbols without a name.
  symbols <- stored[["SYMBOL"]] %||% genes$name[match(rownames(stored), genes$input)]
  data.frame(gene_names = as.character(symbols), dispersions = value)
}

#' A stored reduction, one row a cell
reduction_of <- function(dataset, name) {
  embedding <- dataset$object@reductions[[name]]
  if (is.null(embedding)) {
    abort_task("R_WORKER_EMBEDDING_NOT_FOUND", sprintf("No '%s' embedding is stored for this experiment.", name))
  }
  embedding
}
