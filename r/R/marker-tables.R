# Marker genes of the cell types of a tissue: our own tables, and a table of the user's.

TISSUES <- c(
  "Immune system", "Pancreas", "Liver", "Eye", "Kidney", "Brain", "Lung", "Adrenal", "Heart", "Intestine", "Muscle",
  "Placenta", "Spleen", "Stomach", "Thymus"
)
SPECIES <- c("human", "mouse")
#: A larger file is not a marker table, in bytes.
LARGEST_TABLE <- 5e7

#' Marker genes of the cell types of a tissue
#'
#' @param path A table of the user's; NULL for our own.
#' @return `positive` and `negative`: for each cell type, by its name, the symbols of genes that it expresses and of
#'   genes that speak against it.
tissue_markers <- function(tissue, species, path = NULL) {
  if (is.null(path)) return(read_own_format(table_of_tissue(tissue), species))
  check_readable(path)
  if (is_workbook(path)) read_workbook(path, tissue) else read_own_format(path, species)
}

table_of_tissue <- function(tissue) {
  system.file("markers", paste0(gsub(" ", "-", tolower(tissue)), ".tsv"), package = "tandem", mustWork = TRUE)
}

#' A table in the format of ours: a cell type a row, its markers in columns by species
read_own_format <- function(path, species) {
  # Spreadsheets put quotes around what has commas, and some leave the last line open.
  table <- tryCatch(
    suppressWarnings(utils::read.delim(
      path, quote = "\"", colClasses = "character", check.names = FALSE, fileEncoding = "UTF-8-BOM"
    )),
    error = function(e) abort_table(path, "is neither a text with tabs nor a workbook")
  )
  columns <- c("cell_type", paste0(species, c("_positive", "_negative")))
  marker_lists(take_columns(table, columns, path), path)
}

#' A workbook laid out as ScTypeDB: a cell type of a tissue a row, its markers whatever the species
read_workbook <- function(path, tissue) {
  table <- tryCatch(
    suppressMessages(readxl::read_excel(path, col_types = "text")),
    error = function(e) abort_table(path, "cannot be read as a workbook; save it anew as .xlsx")
  )
  table <- take_columns(table, c("tissueType", "cellName", "geneSymbolmore1", "geneSymbolmore2"), path)
  found <- which(trimws(table$tissueType) == tissue)
  if (!length(found)) {
    known <- unique(trimws(table$tissueType[!is.na(table$tissueType)]))
    abort_table(path, sprintf("has no tissue '%s'; it has %s", tissue, some_of(known)))
  }
  marker_lists(table[found, -1L], path)
}

take_columns <- function(table, columns, path) {
  missing <- setdiff(columns, names(table))
  if (length(missing)) abort_table(path, sprintf("has no column %s", quoted(missing)))
  as.data.frame(table)[columns]
}

#' Symbols by cell type; rows of the same type are taken together, and types without a positive marker left out
#' @param table Three columns: the cell types, their positive and their negative markers.
marker_lists <- function(table, path) {
  name <- trimws(table[[1L]])
  type <- factor(name, levels = unique(name[nzchar(name)]))
  symbols <- function(column) {
    lapply(split(column, type), function(texts) {
      found <- trimws(unlist(strsplit(texts[!is.na(texts)], "[,;/]+")))
      unique(found[nzchar(found)])
    })
  }
  positive <- symbols(table[[2L]])
  has_markers <- lengths(positive) > 0L
  if (!any(has_markers)) abort_table(path, "names no cell type with marker genes")
  list(positive = positive[has_markers], negative = symbols(table[[3L]])[has_markers])
}

check_readable <- function(path) {
  if (!utils::file_test("-f", path)) abort_table(path, "is not there; give the path of a file")
  if (file.size(path) == 0) abort_table(path, "is empty")
  if (file.size(path) > LARGEST_TABLE) {
    abort_table(path, sprintf("is larger than the %g MB that a table may have", LARGEST_TABLE / 1e6))
  }
}

#' Whether a file is a zip archive, as workbooks are, whatever its name
is_workbook <- function(path) identical(readBin(path, "raw", 4L), as.raw(c(0x50, 0x4b, 0x03, 0x04)))

abort_table <- function(path, problem) {
  abort_task("R_WORKER_SCTYPE_ERROR", sprintf("The marker table %s %s.", basename(path), problem))
}
