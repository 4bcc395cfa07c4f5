#: How many genes are held as text at a time.
GENES_PER_BLOCK <- 100L

#' The normalised expression, genes x cells, as a compressed CSV file
#'
#' The header names the cells after an empty field and a blank one; a row begins with its number and its gene. Values
#' have the fewest digits that read back to the same 32-bit float. Names stand between quotes only where they must.
get_normalized_expression <- function(dataset, params) {
  cells <- chosen_cells(dataset, params)
  path <- tempfile(fileext = ".csv.gz")
  barcodes <- csv_fields(rownames(dataset$object@meta.data)[cells])
  names <- csv_fields(dataset$genes$input)
  blocks <- blocks_of(seq_len(dataset$n_genes), GENES_PER_BLOCK)
  write_gzipped(path, function(file) {
    writeLines(paste(c("", " ", barcodes), collapse = ","), file, useBytes = TRUE)
    for (i in seq_along(blocks)) {
      genes <- blocks[[i]]
      writeBin(gene_rows(dataset, genes, paste(genes, names[genes], sep = ","), cells), file)
      progress("Writing the normalised expression", i, length(blocks))
    }
  })
  file_result(path, "application/gzip")
}

#' The places in the dataset of the cells that a request asks for, all of them without a subset
chosen_cells <- function(dataset, params) {
  ids <- check_ids(params$subsetBy, "subsetBy", optional = TRUE)
  if (!check_flag(params$applySubset, "applySubset")) return(seq_len(dataset$n_cells))
  cells <- which(dataset$cells_id %in% ids)
  if (!length(cells)) abort_task("R_WORKER_EMPTY_CELL_SET", "No cells match the chosen cell sets.")
  cells
}

#' Names as fields of a CSV file, in UTF-8: between quotes where they hold what divides fields
csv_fields <- function(names) {
  names <- enc2utf8(names)
  divided <- grepl("[\",\r\n]", names)
  replace(names, divided, sprintf('"%s"', gsub('"', '""', names[divided], fixed = TRUE)))
}

register_task("GetNormalizedExpression", get_normalized_expression)
