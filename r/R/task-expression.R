#' Expression of genes as a sparse matrix (a column a gene), with each gene's statistics over all cells
#'
#' Without `cellIds` a row is a cell id. With them the rows are those cells, in that order; ids of cells that the
#' dataset does not hold are left out.
run_expression <- function(dataset, params) {
  names <- check_strings(params$genes, "genes", min_length = 1L)
  cell_ids <- check_ids(params$cellIds, "cellIds", optional = TRUE)

  genes <- which(toupper(dataset$genes$name) %in% toupper(names))
  if (!length(genes)) {
    abort_task("R_WORKER_GENE_NOT_FOUND", sprintf("Gene(s): %s not found!", paste(names, collapse = ", ")))
  }
  columns <- expression_of(dataset, genes)
  statistics <- gene_statistics(lapply(columns, `[[`, "value"), dataset$n_cells)
  if (is.null(cell_ids)) {
    rows <- dataset$cells_id
    size <- max(dataset$cells_id) + 1L
  } else {
    cell_ids <- unique(cell_ids[cell_ids %in% dataset$cells_id])
    rows <- match(dataset$cells_id, cell_ids) - 1L
    size <- length(cell_ids)
  }
  list(
    orderedGeneNames = dataset$genes$name[genes],
    stats = list(
      rawMean = statistics$mean,
      rawStdev = statistics$sd,
      truncatedMin = statistics$min,
      truncatedMax = statistics$cap
    ),
    rawExpression = sparse_columns(lapply(columns, in_rows, rows), size),
    cellIds = cell_ids
  )
}

#' A column with its values at the rows of their cells, in row order; cells without a row are dropped
in_rows <- function(column, rows) {
  row <- rows[column$cell + 1L]
  kept <- order(row, na.last = NA)
  list(row = row[kept], value = column$value[kept])
}

sparse_columns <- function(columns, size) {
  lengths <- vapply(columns, function(column) length(column$row), 0L)
  list(
    values = float32(unlist(lapply(columns, `[[`, "value"))),
    index = unlist(lapply(columns, `[[`, "row")),
    ptr = c(0L, cumsum(lengths)),
    size = c(size, length(columns))
  )
}

register_task("runExpression", run_expression)
