test_that("only plain vectors come out, in a copy without attributes", {
  expect_identical(bare(structure(1:2, names = c("a", "b"), class = "odd")), 1:2)
  for (x in list(sum, globalenv(), quote(a + b), as.name("a"), y ~ x, list(1), NULL, expression(a))) {
    expect_null(bare(x))
  }
  expect_identical(bare_list(structure(list(a = 1), class = "odd", more = sum)), list(a = 1))
  expect_identical(bare_list(globalenv()), list())
})

test_that("no method of an object's class is called", {
  called <- FALSE
  spring <- function(...) called <<- TRUE
  methods <- c("[[", "[", "$", "length", "names", "dim", "as.vector", "as.character", "levels", "unique", "print")
  for (name in methods) registerS3method(name, "trap", spring, asNamespace("base"))
  trap <- structure(list(a = 1:2), names = "a", class = "trap")
  expect_identical(bare_list(trap), list(a = 1:2))
  expect_null(plain_column(structure(1:2, class = "trap"), 2L))
  expect_match(foreign_parcel(trap), "class 'trap'")
  expect_false(called)
})

test_that("columns become categories, flags and numbers, and others are left out", {
  columns <- list(
    letters = c("b", "a", "b", NA), factor = factor(c("x", "y", "x", "x"), levels = c("y", "x", "unused")),
    ordered = factor(c(1, 2, 1, 1), ordered = TRUE), flag = c(TRUE, NA, FALSE, TRUE), number = c(1.5, NA, 2, 3),
    whole = 1:4, id = c("w", "x", "y", "z"), date = as.Date("2024-01-01") + 1:4, list = list(1, 2, 3, 4),
    short = 1:3, matrix = matrix(1, 4, 1), complex = 1i * 1:4
  )
  found <- cell_columns(list(counts = matrix(0, 1, 4), columns = columns))
  expect_identical(found$left_out, c("id", "date", "list", "short", "matrix", "complex"))
  expect_identical(found$columns$letters, factor(c("b", "a", "b", NA)))
  expect_identical(levels(found$columns$factor), c("y", "x", "unused"))
  expect_identical(as.character(found$columns$ordered), c("1", "2", "1", "1"))
  expect_identical(found$columns[c("flag", "number", "whole")], columns[c("flag", "number", "whole")])
})

test_that("samples are what tells them", {
  of <- function(...) {
    columns <- cell_columns(list(counts = matrix(0, 1, 4), columns = list(...)))$columns
    as.character(columns$samples)
  }
  two <- c("a", "a", "b", "b")
  other <- c("c", "d", "c", "d")
  expect_identical(of(samples = two, sample = other, orig.ident = other), two)
  expect_identical(of(sample = two, orig.ident = other), two)
  expect_identical(of(orig.ident = factor(two)), two)
  expect_identical(of(orig.ident = rep("one", 4)), character())
  expect_identical(of(sample = c(1, 1, 2, 2)), c("1", "1", "2", "2"))
})
