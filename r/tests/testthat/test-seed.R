test_that("a seeded step gives the same each time and leaves the caller's numbers alone", {
  set.seed(1)
  expected <- c(runif(1), runif(1))
  set.seed(1)
  first <- runif(1)
  drawn <- seeded(rnorm(3))
  expect_identical(c(first, runif(1)), expected)
  expect_identical(seeded(rnorm(3)), drawn)
})

test_that("the number of threads is what was asked for, else that of the cores", {
  withr::local_envvar(TANDEM_THREADS = "3")
  expect_identical(threads(), 3L)
  withr::local_envvar(TANDEM_THREADS = NA)
  expect_gte(threads(), 1L)
})
