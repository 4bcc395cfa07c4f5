test_that("what was written is read back", {
  path <- withr::local_tempfile(fileext = ".rds")
  expect_identical(write_rds(list(a = 1:3), path), path)
  expect_identical(readRDS(path), list(a = 1:3))
  write_gzipped(path, function(file) NULL)
  expect_identical(readLines(path), character())
})

test_that("a file that the disk had no room for is no file", {
  skip_if_not(file.exists("/dev/full"))
  expect_error(write_rds(1:3, "/dev/full"), "could not be written whole")
})

test_that("a file without its end is told from a whole one", {
  path <- withr::local_tempfile()
  write_rds(withr::with_seed(1, stats::rnorm(1000)), path)
  whole <- readBin(path, "raw", file.size(path))
  expect_identical(length_at_end(path), 8031)
  for (gone in c(1L, 4L, 8L, 100L)) {
    writeBin(utils::head(whole, -gone), path)
    expect_false(identical(length_at_end(path), 8031))
  }
  file.create(path)
  expect_null(length_at_end(path))
})
