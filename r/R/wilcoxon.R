#' Wilcoxon rank-sum tests of every gene between two groups of cells, as `wilcox.test(exact = FALSE, correct = TRUE)`
#'
#' @param statistics What [group_statistics()] found with `ranks = TRUE`.
#' @param first,second The codes of the groups that each side is made of; together they are all groups that were ranked.
#' @return A data frame with a row a gene: `p_val` (NA where all values are equal), `auc`, `logFC` (the difference of
#'   the means), `pct_1` and `pct_2` (cells that express the gene, in per cent).
wilcoxon <- function(statistics, first, second) {
  over <- function(matrix, codes) rowSums(matrix[, codes, drop = FALSE])
  n1 <- sum(statistics$cells[first])
  n2 <- sum(statistics$cells[second])
  n <- n1 + n2
  u <- over(statistics$rank_sum, first) - n1 * (n1 + 1) / 2
  z <- u - n1 * n2 / 2
  # 0 where all values are equal, but for rounding; 3 where one differs.
  spread <- (n + 1) - statistics$ties / (n * (n - 1))
  z <- (z - sign(z) * 0.5) / sqrt(n1 * n2 / 12 * pmax(spread, 0))
  data.frame(
    p_val = ifelse(spread > 1, 2 * stats::pnorm(-abs(z)), NA_real_),
    auc = u / (n1 * n2),
    logFC = over(statistics$sum, first) / n1 - over(statistics$sum, second) / n2,
    pct_1 = 100 * over(statistics$nonzero, first) / n1,
    pct_2 = 100 * over(statistics$nonzero, second) / n2
  )
}
