# An object's way through a file into a parcel, as the importer's throw-away process goes it.

#' The parcel of an object, or the reason why there is none.
foreign_parcel <- function(object, ascii = FALSE) {
  folder <- withr::local_tempdir(.local_envir = parent.frame())
  path <- file.path(folder, "object.rds")
  saveRDS(object, path, compress = FALSE, ascii = ascii)
  foreign_file(path, folder)
}

foreign_file <- function(path, folder) {
  plain_rds(folder, gzfile(path, "rb"))
  reason <- file.path(folder, "error.txt")
  if (file.exists(reason)) return(readLines(reason))
  open_parcel(folder)
}

parcel_counts <- function(parcel) {
  counts <- as.matrix(parcel_cells(parcel, "counts", 1L, parcel$n_cells))
  dimnames(counts) <- list(parcel$gene_ids, parcel$barcodes)
  counts
}

#' An object whose class is not there when it is read, as Seurat 5's and Bioconductor's may be.
bare_object <- function(class, package, ...) {
  object <- methods::getClass("S4")@prototype
  object <- asS4(object)
  attributes(object) <- c(list(...), list(class = structure(class, package = package)))
  object
}
