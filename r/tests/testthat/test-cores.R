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

test_that("where the system gives no further thread, the one that there is does all of it", {
  withr::local_envvar(R_LIBS = paste(.libPaths(), collapse = ":"), OPENBLAS_NUM_THREADS = "1")
  large <- withr::local_tempfile()
  writeBin(raw(4e7), large)
  script <- withr::local_tempfile(lines = "cat(tandem:::checksum_of_file(commandArgs(TRUE), 4L))")
  # A terabyte, in kB, is more than any stack can have.
  limit <- "ulimit -s 1073741824"
  in_bash <- function(command, stdout) {
    suppressWarnings(system2("bash", c("-c", shQuote(command)), stdout = stdout, stderr = FALSE))
  }
  skip_if_not(in_bash(limit, FALSE) == 0L, "the limit of the stack cannot be raised here")
  alone <- in_bash(paste(limit, "&& exec", file.path(R.home("bin"), "Rscript"), script, large), TRUE)
  expect_identical(as.character(alone), checksum_of_file(large, 4L))
})
