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

#' Counts of three kinds of cells in two samples, which differ in every gene
batch_counts <- function(cells = 240L, genes = 300L) {
  kind <- rep_len(1:3, cells)
  batch <- rep(1:2, each = cells / 2L)
  counts <- withr::with_seed(3, {
    mean <- matrix(exp(stats::rnorm(genes, 0, 0.7)), genes, cells) * rep(stats::runif(cells, 0.7, 1.5), each = genes)
    mean[, batch == 2L] <- mean[, batch == 2L] * exp(stats::rnorm(genes, 0, 0.5))
    for (k in 1:3) mean[30L * k + 1:30, kind == k] <- 5 * mean[30L * k + 1:30, kind == k]
    matrix(stats::rpois(genes * cells, mean), genes)
  })
  # The same droplet may have had the same barcode in both.
  dimnames(counts) <- list(c(paste0("MT-", 1:3), paste0("G", 4:genes)), paste0("AAC", rep_len(1:(cells / 2L), cells)))
  list(counts = Matrix::Matrix(counts, sparse = TRUE), samples = factor(paste0("batch", batch)), kind = kind)
}

batch_parcel <- function(...) {
  batch <- batch_counts()
  parcel_from(batch$counts, columns = list(samples = batch$samples), ...)
}

#' What code gives that wants to tell how a step goes; what it tells is the attribute `told`
in_step <- function(code) {
  plan_steps("read")
  told <- utils::capture.output(take_step("read", found <- force(code)))
  structure(found, told = told)
}
