# Comparison of samples: the counts of a sample's cells are pooled, and pools are what is tested.

#: Fewest cells whose counts make a pool, in cells.
FEWEST_POOLED <- 10L

#: Fewest genes that a trend of variance over expression can be drawn through, in genes.
FEWEST_TESTED <- 3L

#' Test every gene between the samples of two sides, with edgeR and limma
#'
#' Two pools alone give differences without p-values, the largest first. Genes with too few counts to be tested stand
#' last, without values.
compare_samples <- function(dataset, sides) {
  pools <- pools_of(dataset$object@meta.data[["samples"]], sides)
  counts <- group_statistics(dataset, pools$of_cell, nrow(pools$table), layer = "counts")$sum
  tested <- genes_to_test(counts, pools$table$side)
  counts <- edgeR::DGEList(counts, group = pools$table$side)[tested, ]
  found <- test_pools(edgeR::calcNormFactors(counts), pools$table)
  table <- with_gene_names(found[match(seq_len(dataset$n_genes), tested), ], dataset)
  if (is.null(table$p_val)) table[order(-abs(table$logFC)), ] else surest_first(table)
}

#' Genes with enough counts in enough pools
genes_to_test <- function(counts, side) {
  genes <- if (all(colSums(counts) > 0)) which(edgeR::filterByExpr(counts, group = side))
  if (length(genes) >= FEWEST_TESTED) return(genes)
  abort_task("R_WORKER_TOO_FEW_COUNTS", sprintf(paste(
    "The samples hold too few counts to be compared: %d genes have enough of them, and at least %d must;",
    "choose cell sets with more cells."
  ), length(genes), FEWEST_TESTED))
}

#' Pools of cells of one sample on one side
#'
#' A sample with cells on both sides makes two pools. Samples with fewer than ten cells that are compared make none.
#' @param samples The sample of every cell.
#' @return `table`: the pools' `sample` and `side`, and `of_cell`: the pool of every cell, 0 for none.
pools_of <- function(samples, sides) {
  if (is.null(samples)) {
    abort_task("R_WORKER_COLUMN_NOT_FOUND", paste(
      "This experiment does not say which sample its cells are from, so samples cannot be compared;",
      "compare the cells within it instead."
    ))
  }
  sides <- replace(sides, is.na(samples), 0L)
  cells <- table(sample = in_order(samples), side = factor(sides, c(BASE, BACKGROUND)))
  cells <- cells[rowSums(cells) >= FEWEST_POOLED, , drop = FALSE]
  check_parts(cells)
  check_sides(cells)
  pools <- which(cells > 0L, arr.ind = TRUE)
  table <- data.frame(sample = rownames(cells)[pools[, 1L]], side = factor(pools[, 2L], c(BACKGROUND, BASE)))
  pool_names <- function(sample, side) paste(side, sample)
  list(table = table, of_cell = match(pool_names(samples, sides), pool_names(table$sample, table$side), nomatch = 0L))
}

check_parts <- function(cells) {
  small <- which(rowSums(cells > 0L) == 2L & pmin(cells[, 1L], cells[, 2L]) < FEWEST_POOLED)
  if (!length(small)) return(invisible())
  first <- small[1L]
  abort_task("R_WORKER_MIXED_SAMPLE", sprintf(paste(
    "Sample '%s' has %d cells in the first cell set and %d in the second%s: a sample in both needs at least %d in each",
    "to be compared with itself; choose cell sets that take in more of its cells, or none of them on one side."
  ), shortened(rownames(cells)[first]), cells[first, 1L], cells[first, 2L],
  if (length(small) > 1L) sprintf(" (and %d more like it)", length(small) - 1L) else "", FEWEST_POOLED))
}

check_sides <- function(cells) {
  empty <- which(colSums(cells) == 0L)
  if (!length(empty)) return(invisible())
  abort_task("R_WORKER_TOO_FEW_CELLS", sprintf(
    "No sample has at least %d cells in the %s cell set; choose one with more cells.",
    FEWEST_POOLED, c("first", "second")[empty[1L]]
  ))
}

#' What the pools say of each gene: `logFC` (log2) and `AveExpr`; and from three pools on `p_val` and `p_val_adj`
#' @param counts Normalised counts, a column a pool.
test_pools <- function(counts, pools) {
  if (nrow(pools) == 2L) {
    # voom warns that there is no replication: there is none, and its variances are not used.
    expression <- suppressWarnings(limma::voom(counts, stats::model.matrix(~side, pools)))$E
    logFC <- expression[, pools$side == BASE] - expression[, pools$side == BACKGROUND]
    return(data.frame(logFC = logFC, AveExpr = rowMeans(expression)))
  }
  fit <- limma::eBayes(fit_pools(counts, pools), robust = TRUE)
  found <- limma::topTable(fit, coef = paste0("side", BASE), number = Inf, sort.by = "none")
  data.frame(
    p_val = found$P.Value, logFC = found$logFC, AveExpr = found$AveExpr, p_val_adj = floored(found$adj.P.Val)
  )
}

#' A linear model of the pools with the difference of the sides as coefficient
#'
#' Where every sample is on both sides, each is compared with itself (a term for the sample). Where only some are, the
#' likeness of two pools of one sample is estimated over all genes (limma's duplicateCorrelation); too few such samples
#' cannot tell it, and their pools are taken as independent, which makes the test more careful, not less.
fit_pools <- function(counts, pools) {
  twice <- sum(duplicated(pools$sample))
  all_paired <- 2L * twice == nrow(pools)
  design <- stats::model.matrix(if (all_paired) ~ side + sample else ~side, pools)
  weighted <- limma::voomWithQualityWeights(counts, design)
  if (all_paired || twice == 0L) return(limma::lmFit(weighted, design))
  alike <- limma::duplicateCorrelation(weighted, design, block = pools$sample)$consensus.correlation
  if (is.nan(alike)) return(limma::lmFit(weighted, design))
  limma::lmFit(weighted, design, block = pools$sample, correlation = alike)
}
