test_that("the number of threads is what was asked for, else that of the cores", {
  withr::local_envvar(TANDEM_THREADS = "3")
  expect_identical(threads(), 3L)
  withr::local_envvar(TANDEM_THREADS = NA)
  expect_gte(threads(), 1L)
})

test_that("a container's share of time bounds the cores", {
  share <- function(...) {
    file <- withr::local_tempfile(lines = c(...))
    cores(file)
  }
  all <- cores("no such file")
  expect_gte(all, 1L)
  expect_identical(share("max 100000"), all)
  expect_identical(share("50000 100000"), 1L)
  expect_identical(share("100000 100000"), 1L)
  expect_identical(share(sprintf("%d 100000", 10000000L)), all)
})
