# Damages layers of expression and the matrices they are made of, and computes over whatever is not refused: the package
# is compiled with sanitizers, which end the process at the first access outside of what is there.
#
# Rscript layers.R <folder> <seconds>      The input that it died of is left as <folder>/crash-layer or crash-pieces.rds.
arguments <- commandArgs(TRUE)
folder <- arguments[[1L]]
until <- Sys.time() + as.numeric(arguments[[2L]])
package <- asNamespace("tandem")
path <- file.path(folder, "crash-layer")
pieces_path <- file.path(folder, "crash-pieces.rds")

HEADER_BYTES <- 64L
aligned <- function(bytes) (bytes + 63) %/% 64 * 64
one_in <- function(n) sample.int(n, 1L) == 1L
some <- function(values) values[sample.int(length(values), sample.int(4L, 1L), replace = TRUE)]

# A matrix of genes x cells as layer_write() takes it; of each kind of value.
sound_pieces <- function(n_genes, n_cells) {
  matrix <- as.matrix(Matrix::rsparsematrix(n_genes, n_cells, runif(1), rand.x = function(n) switch(
    sample.int(3L, 1L), rpois(n, 3), rpois(n, 3000), rnorm(n)
  )))
  matrix <- methods::as(methods::as(matrix, "CsparseMatrix"), "generalMatrix")
  list(p = matrix@p, i = matrix@i, x = matrix@x, genes = seq_len(n_genes), cells = seq_len(n_cells))
}

# Where nothing is, and values that a layer may not have.
ODD_PLACES <- c(-1L, 0L, 1L, 2L, 99L, .Machine$integer.max, -.Machine$integer.max, NA)
ODD_VALUES <- c(NaN, Inf, 1e300, -1)

damaged_pieces <- function(pieces) {
  part <- sample(names(pieces), 1L)
  values <- pieces[[part]]
  if (one_in(3L)) {
    values <- values[seq_len(sample.int(length(values) + 1L, 1L) - 1L)]
  } else if (length(values)) {
    at <- some(seq_along(values))
    values[at] <- sample(if (part == "x") ODD_VALUES else ODD_PLACES, length(at))
  }
  pieces[[part]] <- values
  pieces
}

damaged_bytes <- function(bytes) {
  if (one_in(10L)) return(bytes[seq_len(sample.int(length(bytes), 1L))])
  # Behind the header, which a checksum guards, more is reached.
  places <- if (one_in(5L)) seq_len(length(bytes)) else seq.int(HEADER_BYTES + 1L, length(bytes))
  at <- some(places)
  bytes[at] <- as.raw(sample(c(0L, 1L, 127L, 128L, 255L), length(at), replace = TRUE))
  bytes
}

# Whether all cells are there: the store's checksums, which are compared before a layer is opened, see to that.
has_its_cells <- function(bytes, facts) {
  at <- aligned(HEADER_BYTES + 8 * (facts$genes + 1))
  cells <- readBin(bytes[at + seq_len(4 * facts$entries)], "integer", facts$entries, 4L, endian = "little")
  all(!is.na(cells) & cells >= 0 & cells < facts$cells)
}

compute <- function(layer) {
  facts <- package$layer_facts(layer)
  n_cells <- facts$cells
  genes <- c(sample.int(facts$genes), 1L)
  threads <- sample.int(2L, 1L)
  package$layer_columns(layer, genes)
  package$layer_entries(layer, genes, threads)
  package$layer_rows(layer, genes, as.character(genes), sample.int(n_cells), threads)
  package$layer_gene_statistics(layer, genes, threads)
  moments <- package$layer_moments(layer, one_in(2L), threads)
  package$layer_capped_variance(layer, moments$mean, sqrt(moments$variance), 3, FALSE, threads)
  package$layer_scaled(layer, genes, rep(1, n_cells), 1e4, 10, threads)
  package$layer_cell_totals(layer, genes, threads)
  for (n_groups in c(1L, 3L, 300L)) {
    groups <- sample.int(n_groups + 1L, n_cells, replace = TRUE) - 1L
    package$layer_group_statistics(layer, groups, n_groups, genes, one_in(2L), one_in(2L), threads)
  }
}

options(warn = -1L) # damaged values have no logarithm
inputs <- 0
seed <- as.integer(Sys.time())
set.seed(seed)
cat("seed", seed, "\n")
while (Sys.time() < until) {
  n_genes <- sample.int(80L, 1L)
  n_cells <- sample.int(120L, 1L)
  pieces <- sound_pieces(n_genes, n_cells)
  package$layer_write(list(pieces), path, n_genes, n_cells, "ff", 2L)
  sound <- readBin(path, "raw", file.size(path))
  compute(package$layer_open(path))
  for (attempt in seq_len(20L)) {
    bytes <- damaged_bytes(sound)
    writeBin(bytes, path)
    layer <- tryCatch(package$layer_open(path), error = function(e) NULL)
    if (!is.null(layer) && has_its_cells(bytes, package$layer_facts(layer))) compute(layer)
    damaged <- damaged_pieces(pieces)
    saveRDS(damaged, pieces_path)
    tryCatch(package$layer_write(list(damaged), path, n_genes, n_cells, "ff", 2L), error = function(e) NULL)
    inputs <- inputs + 2
  }
  gc(FALSE)
}
unlink(c(path, pieces_path))
cat("stat::number_of_executed_units:", inputs, "\n")
