# The method that presto's authors published, written anew here because the package is in neither Debian nor PyPI: the
# cells that take part are picked, the matrix is transposed, the non-zero values of each gene are ranked, and all group
# sums are products of sparse matrices. Usage: Rscript bench/contestants/presto_method.R <folder of the experiment>

source(file.path("bench", "contestants", "loop.R"))
suppressPackageStartupMessages(library(Matrix))
Rcpp::sourceCpp(file.path("bench", "contestants", "sparse_ranks.cpp"))

object <- readRDS(file.path(commandArgs(TRUE)[1L], "r.rds"))
data <- object@assays$RNA@data
cluster <- as.integer(object@meta.data$seurat_clusters)
rm(object)

#' Each group against all other cells that are given
#' @param values Genes x cells.
#' @param group A number from 1 on for each cell.
test_groups <- function(values, group) {
  values <- t(values)
  n <- nrow(values)
  cells <- tabulate(group)
  members <- sparseMatrix(group, seq_len(n), x = 1)
  present <- ranks <- values
  present@x <- rep(1, length(values@x))
  found <- sparse_ranks(values@x, values@p, n)
  ranks@x <- found$ranks

  in_group <- function(matrix) as.matrix(members %*% matrix)
  sums <- in_group(values)
  nonzero <- in_group(present)
  zero_rank <- (n - diff(values@p) + 1) / 2
  rank_sums <- in_group(ranks) + (cells - nonzero) * rep(zero_rank, each = length(cells))
  u <- rank_sums - cells * (cells + 1) / 2
  pairs <- cells * (n - cells)
  spread <- sqrt(outer(pairs / 12, (n + 1) - found$ties / (n * (n - 1))))
  z <- (abs(u - pairs / 2) - 0.5) / spread
  rest <- function(sums) rep(colSums(sums), each = length(cells)) - sums
  list(
    p_val = 2 * pnorm(-abs(z)), auc = u / pairs, logFC = sums / cells - rest(sums) / (n - cells),
    pct_1 = 100 * nonzero / cells, pct_2 = 100 * rest(nonzero) / (n - cells)
  )
}

#' A row a group and gene
as_table <- function(found, groups) {
  data.frame(
    gene = rep(rownames(data), each = length(groups)), cluster = groups - 1L,
    lapply(found, function(matrix) c(matrix[groups, , drop = FALSE]))
  )
}

answer_requests(
  list(
    two_groups = function() as_table(test_groups(data[, cluster <= 2L], cluster[cluster <= 2L]), 1L),
    each_cluster = function() as_table(test_groups(data, cluster), seq_len(max(cluster)))
  ),
  about = list(versions = version_of("Matrix", "Rcpp"))
)
