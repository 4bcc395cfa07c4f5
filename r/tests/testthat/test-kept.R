kept_in <- function(folder, checksum = "abc") list(store = folder, checksum = checksum)
files <- function(folder) list.files(folder, recursive = TRUE, full.names = TRUE)

#' What `kept()` gives, and whether it was computed.
ask_kept <- function(dataset, key = "key", value = 1:3, name = "thing") {
  computed <- FALSE
  found <- kept(dataset, name, key, function() {
    computed <<- TRUE
    value
  })
  list(value = found, computed = computed)
}

test_that("a value is computed once for each key, name and content of the dataset", {
  folder <- withr::local_tempdir()
  dataset <- kept_in(folder)
  expect_true(ask_kept(dataset)$computed)
  expect_identical(ask_kept(dataset, value = "not this"), list(value = 1:3, computed = FALSE))
  expect_true(ask_kept(dataset, key = "another")$computed)
  expect_true(ask_kept(dataset, name = "other")$computed)
  expect_true(ask_kept(kept_in(folder, "def"))$computed)
})

test_that("NULL is a value too", {
  dataset <- kept_in(withr::local_tempdir())
  ask_kept(dataset, value = NULL)
  expect_identical(ask_kept(dataset), list(value = NULL, computed = FALSE))
})

test_that("a damaged value is computed anew, wherever the damage is", {
  dataset <- kept_in(withr::local_tempdir())
  value <- withr::with_seed(1, runif(200))
  ask_kept(dataset, value = value)
  path <- files(dataset$store)
  bytes <- readBin(path, "raw", file.size(path))
  for (place in c(1L, length(bytes) %/% 2L, length(bytes) - 200L)) {
    writeBin(replace(bytes, place, xor(bytes[place], as.raw(0x10))), path)
    expect_identical(ask_kept(dataset, value = value), list(value = value, computed = TRUE))
  }
  writeBin(bytes[seq_len(length(bytes) - 10L)], path)
  expect_true(ask_kept(dataset, value = value)$computed)
  writeBin(raw(), path)
  expect_true(ask_kept(dataset, value = value)$computed)
  expect_false(ask_kept(dataset)$computed)
})

test_that("a folder that cannot be written is no error", {
  file <- withr::local_tempfile(lines = "in the way")
  expect_silent(found <- ask_kept(kept_in(file)))
  expect_identical(found, list(value = 1:3, computed = TRUE))
})

test_that("what failed is not kept", {
  dataset <- kept_in(withr::local_tempdir())
  expect_error(kept(dataset, "thing", "key", function() stop("no")), "no")
  expect_true(ask_kept(dataset)$computed)
})

test_that("values of other contents, forsaken halves and the oldest of many are removed", {
  folder <- withr::local_tempdir()
  ask_kept(kept_in(folder, "old"))
  half <- file.path(folder, "kept", "abc-thing-1.rds.12.tmp")
  forsaken <- file.path(folder, "kept", "abc-thing-2.rds.13.tmp")
  file.create(half, forsaken)
  Sys.setFileTime(forsaken, Sys.time() - 2 * ABANDONED_AGE)
  dataset <- kept_in(folder)
  ask_kept(dataset, name = "other")
  expect_setequal(sub("-[0-9a-f]{32}", "", basename(files(folder))), c("abc-other.rds", basename(half)))

  for (i in seq_len(MOST_KEPT + 1L)) {
    ask_kept(dataset, key = i)
    Sys.setFileTime(Filter(function(path) grepl("thing", path), files(folder)), Sys.time() - 100 + i)
    Sys.sleep(0.001)
  }
  expect_length(grep("abc-thing-[0-9a-f]{32}\\.rds$", files(folder)), MOST_KEPT)
  expect_false(ask_kept(dataset, key = MOST_KEPT + 1L)$computed)
})
