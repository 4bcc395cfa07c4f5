test_that("a seeded step gives the same each time and leaves the caller's numbers alone", {
  set.seed(1)
  expected <- c(runif(1), runif(1))
  set.seed(1)
  first <- runif(1)
  drawn <- seeded(rnorm(3))
  expect_identical(c(first, runif(1)), expected)
  expect_identical(seeded(rnorm(3)), drawn)
})
