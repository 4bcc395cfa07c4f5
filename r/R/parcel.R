# A parcel: the plain folder in which Python and R hand each other a data set. docs/parcel.md describes its files.

#: Another number is another form.
PARCEL_VERSION <- 1L
#: How many bytes the values of columns and layers take.
FLAG_BYTES <- 1L
SINGLE_BYTES <- 4L

#' Read all of a parcel but its layers
#' @return `folder`, `n_cells`, `n_genes`, `layers`, `barcodes`, `gene_ids`, `gene_names`, `columns` (a data frame, a row
#'   a cell), `colours` (of each column that has some), `reductions` (matrices by name), `notes` and `starts` (for each
#'   layer, where the entries of each cell begin).
open_parcel <- function(folder) {
  summary <- jsonlite::read_json(file.path(folder, "parcel.json"))
  if (!identical(summary$version, PARCEL_VERSION)) abort_dataset("The parcel is of another version.")
  layers <- as.character(summary$layers)
  columns <- Map(
    read_column, file.path(folder, sprintf("column-%d.bin", seq_along(summary$columns) - 1L)), summary$columns,
    summary$cells
  )
  names(columns) <- vapply(summary$columns, `[[`, "", "name")
  reductions <- Map(
    read_reduction, file.path(folder, sprintf("reduction-%d.bin", seq_along(summary$reductions) - 1L)),
    summary$reductions, summary$cells
  )
  names(reductions) <- vapply(summary$reductions, `[[`, "", "name")
  barcodes <- readLines(file.path(folder, "barcodes.txt"), encoding = "UTF-8")
  list(
    folder = folder, n_cells = summary$cells, n_genes = summary$genes, layers = layers, barcodes = barcodes,
    gene_ids = readLines(file.path(folder, "gene_ids.txt"), encoding = "UTF-8"),
    gene_names = readLines(file.path(folder, "gene_names.txt"), encoding = "UTF-8"),
    columns = structure(columns, class = "data.frame", row.names = seq_along(barcodes)),
    colours = Filter(length, lapply(stats::setNames(summary$columns, names(columns)), function(entry) {
      as.character(entry$colours)
    })),
    reductions = reductions, notes = summary$notes,
    starts = stats::setNames(lapply(layers, function(layer) {
      read_large_integers(file.path(folder, paste0(layer, ".starts")), summary$cells + 1L)
    }), layers)
  )
}

read_column <- function(path, entry, n) {
  switch(entry$kind,
    category = {
      codes <- readBin(path, "integer", n, endian = "little") + 1L
      factor(replace(codes, codes == 0L, NA), seq_along(entry$levels), as.character(entry$levels))
    },
    number = readBin(path, "double", n, endian = "little"),
    flag = {
      codes <- readBin(path, "integer", n, size = FLAG_BYTES)
      replace(codes, codes < 0L, NA) == 1L
    }
  )
}

read_reduction <- function(path, entry, n) {
  matrix(readBin(path, "double", n * entry$dimensions, endian = "little"), n, entry$dimensions)
}

#' Whole numbers of 64 bits, as doubles
read_large_integers <- function(path, n) {
  halves <- matrix(readBin(path, "integer", 2L * n, endian = "little"), 2L)
  halves[2L, ] * 2^32 + halves[1L, ] + (halves[1L, ] < 0L) * 2^32
}

#' The matrix of some cells that follow each other, genes x cells
#' @param first,last The first and the last cell, from 1.
parcel_cells <- function(parcel, layer, first, last) {
  starts <- parcel$starts[[layer]]
  size <- starts[last + 1L] - starts[first]
  read <- function(part, what) {
    file <- file(file.path(parcel$folder, paste0(layer, ".", part)), "rb")
    on.exit(close(file))
    seek(file, starts[first] * SINGLE_BYTES)
    readBin(file, what, size, size = SINGLE_BYTES, endian = "little")
  }
  loadNamespace("Matrix")
  methods::new(
    "dgCMatrix",
    p = as.integer(starts[first:(last + 1L)] - starts[first]), i = read("genes", "integer"),
    x = as.numeric(read("values", if (layer == "counts") "integer" else "double")),
    Dim = as.integer(c(parcel$n_genes, last - first + 1L))
  )
}

#' Write a parcel
#' @param layers Matrices by name (`counts`, `data`), genes x cells, of class dgCMatrix with their entries in order.
#' @param columns A list of factors, numbers and flags by name, a value a cell.
#' @param reductions Matrices by name, a row a cell.
#' @param colours Colours of some columns' levels, by the column's name.
#' @param cell_sets The text of a `cell_sets.json` that is to be kept as it is, or NULL.
write_parcel <- function(folder, layers, barcodes, gene_ids, gene_names, columns = list(), reductions = list(),
                         colours = list(), notes = list(), cell_sets = NULL) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  for (layer in names(layers)) write_parcel_layer(folder, layer, layers[[layer]])
  write_text_lines(file.path(folder, "barcodes.txt"), barcodes)
  write_text_lines(file.path(folder, "gene_ids.txt"), gene_ids)
  write_text_lines(file.path(folder, "gene_names.txt"), gene_names)
  entries <- Map(
    write_column, file.path(folder, sprintf("column-%d.bin", seq_along(columns) - 1L)), columns, names(columns),
    colours[names(columns)]
  )
  for (place in seq_along(reductions)) {
    path <- file.path(folder, sprintf("reduction-%d.bin", place - 1L))
    writeBin(as.numeric(reductions[[place]]), path, endian = "little")
  }
  if (!is.null(cell_sets)) writeLines(enc2utf8(cell_sets), file.path(folder, "cell_sets.json"), useBytes = TRUE)
  summary <- list(
    version = PARCEL_VERSION, cells = length(barcodes), genes = length(gene_ids), layers = I(names(layers)),
    columns = unname(entries),
    reductions = unname(Map(function(name, x) list(name = name, dimensions = ncol(x)), names(reductions), reductions)),
    notes = stats::setNames(notes, as.character(names(notes)))
  )
  jsonlite::write_json(summary, file.path(folder, "parcel.json"), auto_unbox = TRUE, pretty = TRUE, digits = NA)
  invisible(folder)
}

write_parcel_layer <- function(folder, layer, matrix) {
  write_part_of <- function(part, values, size = SINGLE_BYTES) {
    writeBin(values, file.path(folder, paste0(layer, ".", part)), size = size, endian = "little")
  }
  low <- as.integer(matrix@p)
  write_part_of("starts", as.integer(rbind(low, 0L)))
  write_part_of("genes", matrix@i)
  write_part_of("values", if (layer == "counts") as.integer(matrix@x) else as.numeric(matrix@x))
}

write_column <- function(path, values, name, colours) {
  kind <- if (is.factor(values)) "category" else if (is.logical(values)) "flag" else "number"
  switch(kind,
    category = writeBin(replace(as.integer(values), is.na(values), 0L) - 1L, path, endian = "little"),
    number = writeBin(as.numeric(values), path, endian = "little"),
    flag = writeBin(replace(as.integer(values), is.na(values), -1L), path, size = FLAG_BYTES)
  )
  list(name = name, kind = kind, levels = I(as.character(levels(values))), colours = I(as.character(colours)))
}

#' One text a line; signs that would end a line become spaces
write_text_lines <- function(path, lines) {
  writeLines(gsub("\r\n|[\r\n\v\f]", " ", enc2utf8(as.character(lines))), path, sep = "\n", useBytes = TRUE)
}
