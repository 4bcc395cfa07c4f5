# What is known of each barcode's quality, and which are kept as cells.

#: Why a barcode may be left out.
REASONS <- c(
  "kept", "empty droplet", "few genes", "many genes", "few counts", "many counts", "mitochondrial", "doublet"
)
#: The bounds of an import's options: what they are of, whether they are the most that is allowed, and what is beyond.
BOUNDS <- data.frame(
  option = c("min_genes", "max_genes", "min_counts", "max_counts", "max_mito", "max_doublet_score"),
  of = c("genes", "genes", "counts", "counts", "mito", "score"),
  is_most = c(FALSE, TRUE, FALSE, TRUE, TRUE, TRUE),
  reason = c("few genes", "many genes", "few counts", "many counts", "mitochondrial", "doublet"),
  words = c(
    "have fewer than %s genes", "have more than %s genes", "have fewer than %s counts", "have more than %s counts",
    "have more than %s %% of their counts in mitochondrial genes", "have a doublet score above %s"
  )
)
#: With fewer cells than this left by a filter, it has taken too many.
FEWEST_LEFT <- 50L

#' The quality of every barcode
#' @param genes See [annotate_genes()].
#' @return A row a barcode: `sample`, `counts`, `genes` (how many it has), `mito` (per cent of the counts), `score` (of
#'   being a doublet, not known yet) and `reason` (why it is left out, or `kept`).
cell_quality <- function(parcel, genes, samples) {
  mitochondrial <- mitochondrial_genes(genes)
  found <- over_blocks(parcel, seq_len(parcel$n_cells), function(matrix, places) {
    counts <- Matrix::colSums(matrix)
    of_mitochondria <- Matrix::colSums(matrix[mitochondrial, , drop = FALSE])
    list(counts = counts, genes = diff(matrix@p), mito = ifelse(counts > 0, of_mitochondria / counts * 100, 0))
  })
  every <- function(field) unlist(lapply(found, `[[`, field))
  note_step("%s barcodes, %s genes.", with_commas(parcel$n_cells), with_commas(parcel$n_genes))
  if (!length(mitochondrial)) note_step("None of the genes is known as mitochondrial, so the share of those is 0.")
  data.frame(
    sample = samples, counts = every("counts"), genes = every("genes"), mito = every("mito"), score = NA_real_,
    reason = factor("kept", REASONS)
  )
}

#' The bounds that apply: of data whose author has chosen the cells, only those that the user named
bounds_of <- function(options, analysed) {
  applies <- vapply(BOUNDS$option, function(option) {
    !is.null(options[[option]]) && (!analysed || option %in% options$asked)
  }, NA)
  bounds <- BOUNDS[applies, ]
  bounds$value <- vapply(bounds$option, function(option) as.numeric(options[[option]]), 0)
  bounds
}

#' Leave out the cells beyond the bounds
#' @param cells See [cell_quality()].
#' @param bounds Rows of [bounds_of()].
#' @param analysed Whether the author of the data has chosen the cells.
within_bounds <- function(cells, bounds, analysed) {
  before <- sum(cells$reason == "kept")
  for (i in seq_len(nrow(bounds))) {
    values <- cells[[bounds$of[[i]]]]
    beyond <- if (bounds$is_most[[i]]) values > bounds$value[[i]] else values < bounds$value[[i]]
    cells$reason[cells$reason == "kept" & beyond %in% TRUE] <- bounds$reason[[i]]
  }
  # A barcode of which nothing is known is no cell, whatever the bounds are.
  if (!analysed) cells$reason[cells$reason == "kept" & cells$counts == 0] <- "few genes"
  left <- sum(cells$reason == "kept")
  fewest <- if (analysed || left == before) FEWEST_CELLS else FEWEST_LEFT
  if (left < fewest) abort_dataset(too_few(cells, bounds, before, left, fewest))
  note_step("%s cells kept of %s.", with_commas(left), with_commas(before))
  cells
}

#' What the filter took, and which options would let more stay
too_few <- function(cells, bounds, before, left, fewest) {
  taken <- vapply(bounds$reason, function(reason) sum(cells$reason == reason), 0L)
  at_work <- taken > 0L
  if (!any(at_work)) return(sprintf("Only %d cells are there, and %d are needed.", left, fewest))
  start <- sprintf(
    "Only %s of %s cells are left, and %d are needed", with_commas(left), with_commas(before), fewest
  )
  words <- paste(with_commas(taken), sprintf(bounds$words, vapply(bounds$value, format, "")))[at_work]
  flags <- paste0("--", gsub("_", "-", bounds$option[at_work], fixed = TRUE))
  sprintf("%s: %s. Give another %s.", start, paste(words, collapse = ", "), paste(flags, collapse = ", "))
}

with_commas <- function(n) format(n, big.mark = ",", trim = TRUE, scientific = FALSE)
