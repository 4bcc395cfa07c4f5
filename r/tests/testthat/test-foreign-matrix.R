test_that("matrices of every class are the same matrix", {
  counts <- small_counts(50L, 5L)
  dense <- methods::as(methods::as(counts, "denseMatrix"), "generalMatrix")
  for (x in list(counts, as(counts, "TsparseMatrix"), as(counts, "RsparseMatrix"), dense, as.matrix(counts))) {
    expect_equal(plain_matrix(x, "it"), counts)
  }
})

test_that("a matrix that does not fit together is refused", {
  counts <- small_counts(50L, 5L)
  broken <- function(...) {
    parts <- list(...)
    for (name in names(parts)) attr(counts, name) <- parts[[name]]
    counts
  }
  expect_snapshot({
    complain(plain_matrix(broken(Dim = 12L), "it"))
    complain(plain_matrix(broken(p = c(0L, 9L, 3L, 4L, 5L, 6L)), "it"))
    complain(plain_matrix(broken(i = rep(99L, length(counts@i))), "it"))
    complain(plain_matrix(broken(x = sum), "it"))
    complain(plain_matrix(matrix(letters[1:4], 2L), "it"))
    complain(plain_matrix(bare_object("HDF5Matrix", "HDF5Array"), "it"))
    complain(plain_matrix(bare_object("odd", "nowhere"), "it"))
  })
})

test_that("names that do not fit are none", {
  counts <- small_counts(50L, 5L)
  attr(counts, "Dimnames") <- list(letters, globalenv())
  expect_identical(plain_matrix(counts, "it")@Dimnames, list(NULL, NULL))
})
