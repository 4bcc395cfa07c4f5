# Counts as an experiment of single cells has them: negative-binomial, few above zero, groups that differ in some genes.
#
# A negative-binomial count is a Poisson number of logarithmic counts. So the counts above zero are drawn directly, and
# no dense matrix is ever made: candidates are thrown at genes and cells by their mean, kept with the share by which the
# rate of a negative-binomial falls short of its mean, and given a logarithmic value each; those that hit the same place
# are added up.

GENES <- 20000L
#: The share of counts above zero.
DENSITY <- 0.08
#: The larger, the nearer to Poisson.
DISPERSION <- 2
#: Sizes of the clusters, as shares of the cells. The first two are those that are compared with each other.
CLUSTER_SHARES <- c(0.11, 0.11, 0.13, 0.12, 0.1, 0.1, 0.08, 0.08, 0.06, 0.05, 0.04, 0.02)
MARKERS_PER_CLUSTER <- 100L
#: Spread of the natural logarithm of a cell's depth, and of a gene's mean.
DEPTH_SPREAD <- 0.35
MEAN_SPREAD <- 1.8
#: Cells that are drawn at once: what bounds the memory.
BLOCK_CELLS <- 5000L

#' A cluster for each cell, in shuffled order, each of exactly its share
draw_clusters <- function(n_cells) {
  shares <- round(cumsum(CLUSTER_SHARES) * n_cells)
  sample(rep(seq_along(CLUSTER_SHARES), diff(c(0, shares))))
}

#' The mean count of each gene in each cluster, for a cell of ordinary depth
draw_means <- function() {
  means <- matrix(exp(rnorm(GENES, sd = MEAN_SPREAD)), GENES, length(CLUSTER_SHARES))
  markers <- matrix(sample(GENES, MARKERS_PER_CLUSTER * ncol(means)), MARKERS_PER_CLUSTER)
  for (cluster in seq_len(ncol(means))) {
    of_cluster <- cbind(markers[, cluster], cluster)
    means[of_cluster] <- means[of_cluster] * 2^runif(MARKERS_PER_CLUSTER, 0.5, 4)
  }
  expected <- function(scale) mean(1 - (1 + scale * means / DISPERSION)^-DISPERSION)
  means * uniroot(function(scale) expected(scale) - DENSITY, c(1e-4, 1), tol = 1e-8)$root
}

#' Logarithmic counts with parameters `q`: from 1 on, each with a chance that falls off as q^k / k
draw_logarithmic <- function(q) {
  v <- runif(length(q))
  1 + floor(log(v) / log1p(-exp(runif(length(q)) * log1p(-q))))
}

#' The counts of one block of cells, genes x cells
draw_block <- function(clusters, depths, means) {
  hits <- lapply(unique(clusters), function(cluster) {
    cells <- which(clusters == cluster)
    candidates <- rpois(GENES, means[, cluster] * sum(depths[cells]))
    gene <- rep.int(seq_len(GENES), candidates)
    cell <- cells[sample.int(length(cells), length(gene), replace = TRUE, prob = depths[cells])]
    mean <- means[gene, cluster] * depths[cell]
    kept <- runif(length(gene)) < DISPERSION * log1p(mean / DISPERSION) / mean
    list(gene = gene[kept], cell = cell[kept], mean = mean[kept])
  })
  every <- function(field) unlist(lapply(hits, `[[`, field))
  value <- draw_logarithmic(every("mean") / (every("mean") + DISPERSION))
  Matrix::sparseMatrix(every("gene"), every("cell"), x = value, dims = c(GENES, length(clusters)))
}

#' Counts of all cells, genes x cells, block after block
draw_counts <- function(clusters, means) {
  depths <- exp(rnorm(length(clusters), sd = DEPTH_SPREAD))
  starts <- seq(1L, length(clusters), BLOCK_CELLS)
  blocks <- lapply(starts, function(start) {
    cells <- start:min(start + BLOCK_CELLS - 1L, length(clusters))
    block <- draw_block(clusters[cells], depths[cells], means)
    list(i = block@i, x = as.integer(block@x), lengths = diff(block@p))
  })
  counts <- methods::new("dgCMatrix")
  counts@Dim <- c(GENES, length(clusters))
  counts@p <- c(0L, cumsum(unlist(lapply(blocks, `[[`, "lengths"))))
  counts@i <- unlist(lapply(blocks, `[[`, "i"))
  blocks <- lapply(blocks, `[[`, "x")
  counts@x <- as.double(unlist(blocks))
  counts
}
