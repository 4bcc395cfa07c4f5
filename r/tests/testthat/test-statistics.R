cap_in_r <- function(values) {
  for (percent in 95:100) {
    cap <- quantile(values, percent / 100, names = FALSE)
    if (cap != 0) break
  }
  cap
}

expect_statistics <- function(dense) {
  dense <- as_float32(dense)
  found <- gene_statistics(bare_dataset(rbind(dense)), 1L)
  expect_equal(found$mean, mean(dense))
  expect_equal(found$sd, sd(dense))
  expect_equal(found$min, min(dense))
  expect_equal(found$cap, cap_in_r(dense))
}

test_that("statistics over sparse values are those of the dense ones", {
  withr::with_seed(11, for (share in c(0.005, 0.03, 0.06, 0.5, 1)) {
    for (n in c(2L, 21L, 200L, 1001L)) {
      expect_statistics(rexp(n) * (runif(n) < share))
      expect_statistics(rnorm(n) * (runif(n) < share))
    }
  })
})

test_that("ties and constant genes have their statistics", {
  expect_statistics(rep(2, 40))
  expect_statistics(rep(c(0, 1, 1, 3), 25))
})

test_that("a gene without expression is zero throughout", {
  found <- gene_statistics(bare_dataset(matrix(0, 1L, 50L)), 1L)
  expect_identical(unlist(found, use.names = FALSE), c(0, 0, 0, 0))
})

test_that("one cell has no standard deviation", {
  expect_identical(gene_statistics(bare_dataset(matrix(3)), 1L)$sd, NaN)
})

test_that("one expressed cell among many sets the cap", {
  expect_statistics(c(5, rep(0, 999)))
})
