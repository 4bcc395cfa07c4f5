test_that("checks give back what is right", {
  expect_equal(check_string("umap", "type", choices = c("umap", "pca")), "umap")
  expect_equal(check_number(0.5, "p", 0, 1), 0.5)
  expect_identical(check_count(3, "limit"), 3L)
  expect_true(check_flag(TRUE, "flag"))
  expect_equal(check_strings(c("a", "b"), "genes"), c("a", "b"))
  expect_identical(check_ids(c(0, 7), "cells"), c(0L, 7L))
  expect_equal(check_list(list(a = 1), "config"), list(a = 1))
})

test_that("an empty array is an empty vector", {
  expect_identical(check_strings(list(), "genes"), character())
  expect_identical(check_ids(list(), "cells"), integer())
})

test_that("what is optional may be absent", {
  checks <- list(check_string, check_number, check_count, check_flag, check_strings, check_ids, check_list)
  for (check in checks) {
    expect_null(check(NULL, "x", optional = TRUE))
    expect_error(check(NULL, "x"), "'x' is missing.", class = "tandem_task_error")
  }
})

test_that("each error names the field and what it must be", {
  expect_snapshot(error = TRUE, {
    check_string(1, "type")
    check_string(c("a", "b"), "type")
    check_string(strrep("z", 100), "type", choices = c("umap", "tsne"))
    check_number("1", "minimumDistance")
    check_number(-1, "minimumDistance", min = 0)
    check_number(2, "p", 0, 1)
    check_count(1.5, "limit")
    check_count(3e9, "limit")
    check_flag("yes", "useSaved")
    check_strings(1:2, "genes")
    check_strings(list(), "genes", min_length = 1L)
    check_strings("a", "genes", min_length = 2L)
    check_ids(c(1, -1), "cellIds")
    check_ids(c(1, 2.5), "cellIds")
    check_ids("a", "cellIds")
    check_list("a", "config")
  })
})
