#' Expression of genes as a sparse matrix (a column a gene), with each gene's statistics over all cells
#'
#' Without `cellIds` a row is a cell id. With them the rows are those cells, in that order, as often as they are
#' named; ids of cells that the dataset does not hold are left out.
run_expression <- function(dataset, params) {
  names <- check_strings(params$genes, "genes", min_length = 1L)
  cell_ids <- check_ids(params$cellIds, "cellIds", optional = TRUE)

  genes <- which(dataset$upper_names %in% toupper(names))
  if (!length(genes)) {
    abort_task("R_WORKER_GENE_NOT_FOUND", sprintf("Gene(s): %s not found!", some_of(names)))
  }
  columns <- expression_of(dataset, genes)
  statistics <- gene_statistics(dataset, genes)
  if (is.null(cell_ids)) {
    size <- max(dataset$cells_id) + 1L
    columns <- lapply(columns, at_cell_ids, dataset$cells_id)
  } else {
    cell_ids <- cell_ids[cell_ids %in% dataset$cells_id]
    size <- length(cell_ids)
    columns <- lapply(columns, of_cells, match(cell_ids, dataset$cells_id))
  }
  list(
    orderedGeneNames = dataset$genes$name[genes],
    stats = list(
      rawMean = statistics$mean,
      rawStdev = statistics$sd,
      truncatedMin = statistics$min,
      truncatedMax = statistics$cap
    ),
    rawExpression = sparse_columns(columns, size),
    cellIds = cell_ids
  )
}

#' A column with a row for each cell id
at_cell_ids <- function(column, cells_id) {
  row <- cells_id[column$cell + 1L]
  ascending <- order(row)
  list(row = row[ascending], value = column$value[ascending])
}

#' A column with a row for each of the cells named by their place in the dataset; a cell may be named twice
of_cells <- function(column, cells) {
  found <- match(cells, column$cell + 1L)
  row <- which(!is.na(found))
  list(row = row - 1L, value = column$value[found[row]])
}

#' Names for a sentence: the first few, each of a bearable length
some_of <- function(names, most = 10L, characters = 60L) {
  shown <- strtrim(utils::head(names, most), characters)
  rest <- length(names) - length(shown)
  paste0(paste(shown, collapse = ", "), if (rest > 0) sprintf(" and %d more", rest))
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
