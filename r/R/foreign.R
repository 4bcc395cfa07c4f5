# Objects of strangers: what readRDS makes of a file may hold promises, environments and classes that nobody knows. It
# is read in a process that is thrown away, by attribute (part_of), never by a method of the object's own; and only
# numbers and texts leave that process, in a parcel.

#' Read an object of a stranger and write what it holds as a parcel
#'
#' What is wrong is written into `error.txt`, a sentence that goes on from "... cannot be imported: ". To be called only
#' in a process that has nothing to lose.
#' @param folder The parcel.
#' @param input A binary connection to what saveRDS wrote, uncompressed.
plain_rds <- function(folder, input = file("stdin", "rb")) {
  on.exit(close(input))
  tryCatch(
    {
      loadNamespace("Matrix")
      write_foreign(foreign_source(suppressWarnings(readRDS(input))), folder)
    },
    error = function(e) writeLines(foreign_reason(e), file.path(folder, "error.txt"))
  )
  invisible(folder)
}

#: What R says when it cannot read a file, and what that means.
FOREIGN_FAULTS <- c(
  "allocate|memory exhausted|negative length|too large" = "it needs more memory than reading it may take",
  "C stack usage|nested too deeply|protect\\(\\)" = "it is nested too deeply to be read",
  "unknown input format|read error|ReadItem|bad |invalid|unserialize|connection|embedded nul|serial" =
    "it is cut short or damaged"
)

foreign_reason <- function(e) {
  said <- conditionMessage(e)
  if (inherits(e, "tandem_foreign_error")) return(said)
  known <- which(vapply(names(FOREIGN_FAULTS), grepl, NA, said))
  what <- if (length(known)) FOREIGN_FAULTS[[known[1L]]] else "R cannot make sense of it"
  sprintf("%s (R says: %s)", what, said)
}

abort_foreign <- function(...) {
  stop(structure(class = c("tandem_foreign_error", "error", "condition"), list(message = sprintf(...), call = NULL)))
}

#' What is in an object, by its class
#' @return As [write_foreign()] takes it.
foreign_source <- function(object) {
  class <- class_named(object)
  if (class == "Seurat") return(seurat_source(object))
  if (class == "seurat") return(seurat2_source(object))
  if (!is.null(part_of(object, "assays")) && !is.null(part_of(object, "colData"))) return(experiment_source(object))
  if (class %in% MATRIX_CLASSES) return(matrix_source(object))
  if (is_outside(class)) abort_foreign("%s", outside_sentence("the matrix", class))
  abort_foreign(
    "it holds an object of class '%s'. What can be read is a Seurat object, a SingleCellExperiment, or a matrix of %s",
    class, "counts with genes as rows"
  )
}

matrix_source <- function(object) {
  counts <- plain_matrix(object, "the matrix")
  list(counts = counts, genes = rownames(counts), cells = colnames(counts), format = "R matrix")
}

#' Write what was found as a parcel
#' @param source `counts` (a dgCMatrix), `genes` and `cells` (their names), `format`, and where there are some
#'   `gene_table` (columns that may name the genes), `columns`, `clusters` (a factor), `reductions`, `misc`, `assay`,
#'   `left_out` (names).
write_foreign <- function(source, folder) {
  counts <- checked_counts(source$counts)
  genes <- named_genes(source)
  table <- cell_columns(source)
  columns <- table$columns
  reductions <- source$reductions %||% list()
  write_parcel(
    folder, list(counts = counts),
    barcodes = make.unique(source$cells %||% paste0("cell-", seq_len(ncol(counts)))),
    gene_ids = make.unique(genes$ids), gene_names = genes$names,
    columns = columns, reductions = reductions,
    notes = list(
      format = source$format, assay = source$assay %||% "",
      analysed = "seurat_clusters" %in% names(columns) || any(c("umap", "tsne") %in% names(reductions)),
      left_out = I(as.character(c(source$left_out, table$left_out)))
    ),
    cell_sets = bare_text(list_part(list_part(source$misc, "tandem"), "cell_sets"))
  )
}

#: How many values are looked at together, so that looking takes no memory to speak of.
VALUES_AT_ONCE <- 1e6

#' Counts are whole numbers that 32 bits hold
checked_counts <- function(counts) {
  if (!all(dim(counts))) abort_foreign("there are no counts in it: the matrix is %d x %d", nrow(counts), ncol(counts))
  has_zeros <- FALSE
  for (first in seq(1, by = VALUES_AT_ONCE, length.out = ceiling(length(counts@x) / VALUES_AT_ONCE))) {
    values <- counts@x[first:min(first + VALUES_AT_ONCE - 1, length(counts@x))]
    wrong <- which(!is.finite(values) | values < 0 | values > .Machine$integer.max | values != trunc(values))
    if (length(wrong)) {
      cell <- findInterval(first + wrong[1L] - 2, counts@p)
      abort_foreign(
        "its counts are not counts: cell %d has the value %s, and counts are whole numbers from 0. %s", cell,
        format(values[wrong[1L]]), "If they were normalised or corrected, save the object with the original ones"
      )
    }
    has_zeros <- has_zeros || any(values == 0)
  }
  if (has_zeros) Matrix::drop0(counts) else counts
}
