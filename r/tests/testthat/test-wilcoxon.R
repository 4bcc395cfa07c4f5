test_that("every gene has wilcox.test's p-value, and the plain area, difference and fractions", {
  withr::with_seed(1, for (n in c(12L, 200L)) {
    dense <- as_float32(log1p(matrix(rpois(40L * n, rep(c(0.05, 0.5, 3, 20), 10)), 40L)))
    groups <- sample(0:2, n, replace = TRUE)
    found <- wilcoxon(group_statistics(bare_dataset(dense), groups, 2L, ranks = TRUE), 1L, 2L)
    first <- dense[, groups == 1L]
    second <- dense[, groups == 2L]
    for (gene in seq_len(40L)) {
      test <- suppressWarnings(wilcox.test(first[gene, ], second[gene, ], exact = FALSE, correct = TRUE))
      if (is.nan(test$p.value)) expect_identical(found$p_val[gene], NA_real_)
      else expect_lt(abs(found$p_val[gene] / test$p.value - 1), 1e-12)
      expect_equal(found$auc[gene], unname(test$statistic) / (ncol(first) * ncol(second)))
    }
    expect_equal(found$logFC, rowMeans(first) - rowMeans(second))
    expect_equal(found$pct_1, 100 * rowMeans(first != 0))
    expect_equal(found$pct_2, 100 * rowMeans(second != 0))
  })
})

test_that("several groups make up a side", {
  dense <- withr::with_seed(2, as_float32(matrix(rexp(10L * 90L), 10L)))
  groups <- rep_len(1:3, 90L)
  merged <- ifelse(groups == 2L, 2L, 1L)
  found <- wilcoxon(group_statistics(bare_dataset(dense), groups, 3L, ranks = TRUE), c(1L, 3L), 2L)
  expect_equal(found, wilcoxon(group_statistics(bare_dataset(dense), merged, 2L, ranks = TRUE), 1L, 2L))
})

test_that("far apart groups have a p-value that is small and not zero", {
  dense <- rbind(seq_len(1800L))
  found <- wilcoxon(group_statistics(bare_dataset(dense), rep(1:2, each = 900L), 2L, ranks = TRUE), 1L, 2L)
  expect_gt(found$p_val, 0)
  expect_lt(found$p_val, 1e-290)
})

test_that("a gene that never varies has no p-value among very many cells either", {
  for (n in c(330000, 333333, 600001)) {
    constant <- list(
      cells = c(1000, n - 1000), sum = cbind(0, 0), nonzero = cbind(0, 0), ties = n^3 - n,
      rank_sum = cbind(1000 * (n + 1) / 2, (n - 1000) * (n + 1) / 2)
    )
    expect_identical(wilcoxon(constant, 1L, 2L)$p_val, NA_real_)
  }
})
