#: How many of a cell's nearest others are looked at.
DOUBLET_NEIGHBOURS <- 30L
DOUBLET_COMPONENTS <- 20L
DOUBLET_GENES <- 2000L
#: A sample with fewer cells than this says nothing about its doublets.
DOUBLET_CELLS <- 20L
#: How many doublets are put among the components at a time: what bounds the memory.
DOUBLET_BLOCK <- 5000L

#' How much each cell looks like two cells in one droplet, from 0 to 1
#'
#' In each sample as many doublets as there are cells are made by adding the counts of random pairs; the score is the
#' share of made doublets among a cell's nearest neighbours in the space of the cells' principal components.
#' @param counts Cells x the genes to compare by.
#' @param totals The counts of each cell, of all genes.
#' @param samples The sample of each cell: two cells in one droplet come from the same.
#' @return One number a cell, NA in samples of too few cells.
doublet_scores <- function(counts, totals, samples) {
  scores <- rep(NA_real_, nrow(counts))
  by_sample <- split(seq_len(nrow(counts)), samples, drop = TRUE)
  for (cells in Filter(function(cells) length(cells) >= DOUBLET_CELLS, by_sample)) {
    of_sample <- if (length(cells) < nrow(counts)) counts[cells, , drop = FALSE] else counts
    scores[cells] <- seeded(scores_in_sample(of_sample, totals[cells]))
  }
  scores
}

scores_in_sample <- function(counts, totals) {
  n <- nrow(counts)
  profiles <- profiles_of(counts, totals)
  centre <- Matrix::colMeans(profiles)
  wanted <- min(DOUBLET_COMPONENTS, n - 1L, ncol(counts) - 1L)
  # It warns that a small matrix has few components.
  found <- suppressWarnings(irlba::irlba(profiles, nv = wanted, center = centre))
  placed <- function(profiles) {
    as.matrix(profiles %*% found$v) - rep(drop(centre %*% found$v), each = nrow(profiles))
  }
  cells <- placed(profiles)
  profiles <- NULL
  counts <- Matrix::t(counts) # whose columns are taken fast
  one <- sample.int(n)
  other <- sample.int(n)
  made <- lapply(blocks_of(seq_len(n), DOUBLET_BLOCK), function(block) {
    sums <- counts[, one[block], drop = FALSE] + counts[, other[block], drop = FALSE]
    placed(profiles_of(Matrix::t(sums), totals[one[block]] + totals[other[block]]))
  })
  doublet_share(cells, do.call(rbind, made))
}

#' Log-normalised profiles, cells x genes
profiles_of <- function(counts, totals) {
  counts@x <- log1p(counts@x / totals[counts@i + 1L] * NORMALISED_TOTAL)
  counts
}

#' The share of doublets among the neighbours of each cell
doublet_share <- function(cells, doublets) {
  everyone <- rbind(cells, doublets)
  rownames(everyone) <- seq_len(nrow(everyone))
  neighbours <- Seurat::FindNeighbors(
    everyone, query = everyone[seq_len(nrow(cells)), ], k.param = DOUBLET_NEIGHBOURS + 1L, return.neighbor = TRUE,
    verbose = FALSE
  )
  rowMeans(SeuratObject::Indices(neighbours)[, -1L] > nrow(cells)) # the first is the cell itself
}
