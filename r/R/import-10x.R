#' Read a 10x count folder: matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, each plain or .gz
#' @return `counts` (genes x cells, genes named by their id) and `annotations` (input, name, original_name).
read_10x <- function(folder) {
  features <- utils::read.delim(
    file_in(folder, c("features.tsv", "genes.tsv")),
    header = FALSE, quote = "", colClasses = "character", comment.char = ""
  )
  barcodes <- readLines(file_in(folder, "barcodes.tsv"))
  counts <- read_matrix_market(file_in(folder, "matrix.mtx"))
  if (!identical(dim(counts), c(nrow(features), length(barcodes)))) {
    abort_dataset(sprintf(
      "The matrix in %s is %d x %d, but there are %d features and %d barcodes.",
      folder, nrow(counts), ncol(counts), nrow(features), length(barcodes)
    ))
  }
  expressed <- if (ncol(features) < 3L) rep(TRUE, nrow(features)) else features[[3L]] == "Gene Expression"
  annotations <- annotate_genes(features[[1L]][expressed], features[[2L]][expressed])
  counts <- counts[expressed, , drop = FALSE]
  dimnames(counts) <- list(annotations$input, make.unique(barcodes))
  list(counts = counts, annotations = annotations)
}

#' Names for genes: ids as Seurat allows them (no underscores), and symbols made unique with their id
annotate_genes <- function(ids, symbols) {
  ids <- make.unique(gsub("_", "-", ids, fixed = TRUE))
  twice <- symbols %in% symbols[duplicated(symbols)]
  data.frame(
    input = ids,
    name = ifelse(twice, paste(symbols, "-", ids), symbols),
    original_name = symbols,
    row.names = ids
  )
}

read_matrix_market <- function(path) {
  lines <- file(path)
  on.exit(close(lines))
  open(lines)
  if (!grepl("^%%MatrixMarket matrix coordinate (integer|real) general", readLines(lines, 1L), ignore.case = TRUE)) {
    abort_dataset(sprintf("%s is not a Matrix Market file of coordinates.", path))
  }
  repeat {
    line <- readLines(lines, 1L)
    if (!startsWith(line, "%")) break
  }
  size <- scan(text = line, quiet = TRUE)
  entries <- scan(lines, list(i = 0L, j = 0L, x = 0), nmax = size[3L], quiet = TRUE)
  if (length(entries$x) != size[3L] || any(entries$x < 0)) {
    abort_dataset(sprintf("%s is cut short or holds values that are not counts.", path))
  }
  Matrix::sparseMatrix(entries$i, entries$j, x = entries$x, dims = size[1:2])
}

file_in <- function(folder, names) {
  paths <- file.path(folder, c(names, paste0(names, ".gz")))
  found <- paths[file.exists(paths)]
  if (!length(found)) abort_dataset(sprintf("There is no %s(.gz) in %s.", names[1L], folder))
  found[1L]
}
