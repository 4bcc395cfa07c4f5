# Which barcodes are cells, and which are droplets with nothing but what floats around: the order-of-magnitude rule.
# Of N cells, the richest hundredth has m counts or more; whatever has a tenth of m is a cell. N is the number that
# agrees best with how many cells it finds.

#: The fewest and the most cells that are looked for.
EXPECTED_CELLS <- c(50, 2^18)
#: How many numbers between them are tried, evenly on a logarithmic scale.
TRIED_NUMBERS <- 2000L
#: The share of the cells that count as the richest.
RICHEST_SHARE <- 0.01
#: A cell has at least this share of the counts that the richest have.
CELL_SHARE <- 0.1
#: Input is raw when there are so many times as many barcodes as cells ...
RAW_RATIO <- 3
#: ... and most barcodes have less than this share of the counts that the richest have.
RAW_SHARE <- 0.05

#' Find the cells among barcodes of one sample
#' @param totals The counts of each barcode.
#' @return `is_cell`, and `looks_raw`: whether there are by far more barcodes than cells.
find_cells <- function(totals) {
  ascending <- sort(totals[totals > 0])
  n <- length(ascending)
  if (n <= EXPECTED_CELLS[[1L]]) return(list(is_cell = totals > 0, looks_raw = FALSE))
  most <- min(n, EXPECTED_CELLS[[2L]])
  tried <- unique(round(exp(seq(log(EXPECTED_CELLS[[1L]]), log(most), length.out = TRIED_NUMBERS))))
  richest <- ascending[n + 1L - pmax(1L, round(tried * RICHEST_SHARE))]
  fewest <- pmax(1, round(richest * CELL_SHARE))
  found <- n - findInterval(fewest, ascending, left.open = TRUE)
  best <- which.min((found - tried)^2 / tried)
  list(
    is_cell = totals >= fewest[[best]],
    looks_raw = n >= RAW_RATIO * found[[best]] && stats::median(ascending) < RAW_SHARE * richest[[best]]
  )
}

#' Put empty droplets aside, sample by sample
#' @param cells See [cell_quality()].
#' @param always Whether it is done of input too that does not look raw.
without_droplets <- function(cells, always) {
  empty <- 0L
  for (places in split(seq_len(nrow(cells)), cells$sample)) {
    found <- find_cells(cells$counts[places])
    if (!always && !found$looks_raw) next
    gone <- places[!found$is_cell]
    cells$reason[gone] <- "empty droplet"
    empty <- empty + length(gone)
  }
  if (empty == 0L) {
    note_step("The input does not look raw, so every barcode is taken for a cell.")
  } else {
    note_step("%s of %s barcodes are empty droplets.", with_commas(empty), with_commas(nrow(cells)))
  }
  cells
}
