score <- function(counts, samples = rep("s", ncol(counts))) {
  doublet_scores(as_sparse(Matrix::t(counts), "counts"), Matrix::colSums(counts), samples)
}

test_that("droplets with two cells score higher than those with one", {
  counts <- small_counts(400L, 150L)
  group <- rep_len(1:3, 150L)
  pairs <- counts[, which(group == 1)[1:10]] + counts[, which(group == 2)[1:10]]
  colnames(pairs) <- paste0("pair-", 1:10)
  scores <- score(cbind(counts, pairs))
  expect_length(scores, 160)
  expect_true(all(scores >= 0 & scores <= 1))
  expect_gt(mean(scores[151:160]), mean(scores[1:150]) + 0.2)
})

test_that("scores are the same each time, and those of a sample need no other", {
  counts <- small_counts()
  alone <- score(counts)
  expect_identical(score(counts), alone)
  samples <- rep(c("a", "b"), c(SMALL_CELLS, SMALL_CELLS))
  expect_identical(score(cbind(counts, counts), samples), c(alone, alone))
})

test_that("a sample of a few cells has no scores", {
  samples <- rep(c("a", "b"), c(SMALL_CELLS - 5L, 5L))
  expect_identical(is.na(score(small_counts(), samples)), samples == "b")
})
