#: How many of a cell's nearest others are looked at.
DOUBLET_NEIGHBOURS <- 30L
DOUBLET_COMPONENTS <- 20L
DOUBLET_GENES <- 2000L

#' How much a cell looks like two cells in one droplet, from 0 to 1
#'
#' As many doublets as there are cells are made by adding the counts of random pairs; the score is the share of made
#' doublets among a cell's nearest neighbours in the space of the components of both.
#' @param counts Genes x cells.
#' @param dispersion The genes' standardised variance, in the order of the rows.
doublet_scores <- function(counts, dispersion) {
  seeded({
    n <- ncol(counts)
    made <- counts[, sample.int(n), drop = FALSE] + counts[, sample.int(n), drop = FALSE]
    everyone <- cbind(counts, made)
    genes <- utils::head(order(dispersion, decreasing = TRUE), DOUBLET_GENES)
    profiles <- Matrix::t(normalised(everyone)[genes, ])
    components <- irlba::prcomp_irlba(profiles, n = min(DOUBLET_COMPONENTS, n - 1L), center = TRUE)$x
    neighbours <- RANN::nn2(components, components[seq_len(n), ], k = min(DOUBLET_NEIGHBOURS + 1L, 2L * n))$nn.idx
    rowMeans(neighbours[, -1L] > n)
  })
}
