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
  expect_snapshot({
    complain(check_string(1, "type"))
    complain(check_string(c("a", "b"), "type"))
    complain(check_string(strrep("z", 100), "type", choices = c("umap", "tsne")))
    complain(check_number("1", "minimumDistance"))
    complain(check_number(-1, "minimumDistance", min = 0))
    complain(check_number(2, "p", 0, 1))
    complain(check_count(1.5, "limit"))
    complain(check_count(3e9, "limit"))
    complain(check_flag("yes", "useSaved"))
    complain(check_strings(1:2, "genes"))
    complain(check_strings(list(), "genes", min_length = 1L))
    complain(check_strings("a", "genes", min_length = 2L))
    complain(check_ids(c(1, -1), "cellIds"))
    complain(check_ids(c(1, 2.5), "cellIds"))
    complain(check_ids("a", "cellIds"))
    complain(check_list("a", "config"))
  })
})
