# Parcels and requests for imports.

#' The options of an import that nobody has said anything of, and those that are said here
import_options <- function(...) {
  options <- list(
    species = NULL, empty_droplets = "auto", min_genes = 200L, max_genes = NULL, min_counts = NULL, max_counts = NULL,
    max_mito = 20, doublets = TRUE, max_doublet_score = NULL, normalisation = "log", variable_genes = 2000L,
    components = 30L, integration = "none", clustering = "leiden", resolution = 0.8, layout = "umap",
    asked = I(character())
  )
  said <- list(...)
  options[names(said)] <- said
  options
}

#' A request on disk
import_request <- function(id = "small", ..., harmony = list()) {
  path <- tempfile("request-", fileext = ".json")
  request <- list(id = id, name = paste("The experiment", id), options = import_options(...), harmony = harmony)
  jsonlite::write_json(request, path, auto_unbox = TRUE, null = "null", digits = NA)
  path
}

#' A parcel of counts (genes x cells, both named)
parcel_from <- function(counts, ..., barcodes = colnames(counts), symbols = rownames(counts)) {
  folder <- tempfile("parcel-")
  write_parcel(folder, list(counts = as_sparse(counts, "counts")), barcodes, rownames(counts), symbols, ...)
}

#' The demo's counts as a matrix, its symbols as row names' attribute
demo_counts <- function() {
  folder <- demo_counts_folder()
  counts <- as_sparse(Matrix::readMM(file.path(folder, "matrix.mtx.gz")), "counts")
  features <- utils::read.delim(file.path(folder, "features.tsv.gz"), header = FALSE, quote = "")
  dimnames(counts) <- list(features[[1L]], readLines(file.path(folder, "barcodes.tsv.gz")))
  list(counts = counts, symbols = features[[2L]])
}

demo_parcel <- function() {
  demo <- demo_counts()
  parcel_from(demo$counts, symbols = demo$symbols)
}

#' Import and give back what was told, each line read
import_quietly <- function(parcel, folder, request) {
  lines <- utils::capture.output(import_experiment(parcel, folder, request))
  lapply(lines, jsonlite::fromJSON)
}

#' Import into a folder of the test's own, and give back the object
imported <- function(parcel, ..., folder = tempfile("experiment-")) {
  import_quietly(parcel, folder, import_request(...))
  readRDS(file.path(folder, "r.rds"))
}
