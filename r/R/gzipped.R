# Files that R compresses itself.

#: More compression takes much longer and saves little.
FAST_COMPRESSION <- 1L
#: The last bytes of a gzip file: the length of what it holds, modulo 2^32.
LENGTH_BYTES <- 4L

#' Write a gzip file
#'
#' R says nothing when the disk has no room for the last bytes, which it writes while it closes the file. So the length
#' that a whole file ends in is compared with what was written.
#' @param write Called with the open connection.
write_gzipped <- function(path, write) {
  file <- gzfile(path, "wb", compression = FAST_COMPRESSION)
  written <- tryCatch(
    {
      write(file)
      seek(file)
    },
    finally = close(file)
  )
  if (!identical(length_at_end(path), written %% 2^32)) stop("It could not be written whole.", call. = FALSE)
  invisible(path)
}

#' Write an R object as `readRDS` reads it
write_rds <- function(object, path) write_gzipped(path, function(file) saveRDS(object, file))

#' The length of what a gzip file holds, as its end tells; NULL where it has none
length_at_end <- function(path) {
  size <- file.size(path)
  if (is.na(size) || size < LENGTH_BYTES) return(NULL)
  file <- file(path, "rb")
  on.exit(close(file))
  seek(file, size - LENGTH_BYTES)
  readBin(file, "integer", endian = "little") %% 2^32
}
