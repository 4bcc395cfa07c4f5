test_that("droplets with two cells score higher than those with one", {
  counts <- small_counts(400L, 150L)
  group <- rep_len(1:3, 150L)
  pairs <- counts[, which(group == 1)[1:10]] + counts[, which(group == 2)[1:10]]
  colnames(pairs) <- paste0("pair-", 1:10)
  everyone <- cbind(counts, pairs)
  scores <- doublet_scores(everyone, count_dispersion(everyone)$variance.standardized)
  expect_length(scores, 160)
  expect_true(all(scores >= 0 & scores <= 1))
  expect_gt(mean(scores[151:160]), mean(scores[1:150]) + 0.2)
})

test_that("scores are the same each time", {
  counts <- small_counts()
  variance <- count_dispersion(counts)$variance.standardized
  expect_identical(doublet_scores(counts, variance), doublet_scores(counts, variance))
})
