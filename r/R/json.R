#' Write an R value as JSON
#'
#' A vector is an array at every length, a [scalar()] is not; what is missing or not finite is `null`. Numbers keep the
#' fewest digits that read back to the same value. Named lists and data frames (by column) are objects.
#' @param x The value.
#' @param path The file to write.
#' @export
write_json <- function(x, path) {
  json_file(x, path.expand(path))
  invisible(path)
}

#' The JSON text of a value, as [write_json()] writes it
#' @param x The value.
#' @export
to_json <- function(x) json_text(x)

#' Mark one value to be written bare, not as an array
#' @param x A vector of length 1, or NULL for `null`.
#' @export
scalar <- function(x) {
  if (is.null(x)) return(NULL)
  structure(list(x), class = "json_scalar")
}

#' Mark numbers that are worth no more digits than a 32-bit float has
#' @param x Numbers.
#' @export
float32 <- function(x) {
  storage.mode(x) <- "double"
  structure(x, class = "json_float32")
}

#' Lay values out by cell id: the entry at place `id` (from 0) is the cell's, and `null` where no cell has the id
#'
#' A row that begins with NA is no row: its cell gets `null` too.
#' @param values One value a cell, or a matrix with one row a cell.
#' @param cells_id The cells' ids, in the order of `values`.
#' @export
by_cells_id <- function(values, cells_id) {
  stopifnot(NROW(values) == length(cells_id))
  places <- rep(NA_integer_, if (length(cells_id)) max(cells_id) + 1L else 0L)
  present <- if (is.matrix(values)) !is.na(values[, 1L]) else rep(TRUE, length(values))
  places[cells_id[present] + 1L] <- which(present)
  structure(list(values, places), class = "json_by_cells_id")
}
