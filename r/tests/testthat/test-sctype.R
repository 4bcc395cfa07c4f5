#' Sparse values with an outlier beyond the cut, a symbol on two rows and a gene nobody expresses
scored_example <- function() {
  withr::with_seed(3, values <- as.matrix(Matrix::rsparsematrix(14, 400, 0.3, rand.x = rexp)))
  values[3, ] <- 0
  values[3, 7] <- 40
  values[5, ] <- 0
  list(
    values = values,
    symbols = c("A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "A", "B", "L"),
    clusters = list(1:100, 101:250, c(251:400, 1:20), 7L),
    markers = list(
      positive = list(one = c("A", "B", "C"), two = c("A", "D", "E", "absent"), three = c("A", "B", "F", "G", "H")),
      negative = list(one = c("D", "I"), two = character(), three = c("C", "nowhere"))
    )
  )
}

test_that("scores are those of the dense method, cell by cell", {
  x <- scored_example()
  expected <- plain_sctype(x$values, x$symbols, x$clusters, x$markers)
  found <- sctype_scores(symbol_dataset(x$values, x$symbols), x$clusters, x$markers)
  expect_equal(found, expected, tolerance = 1e-6)
  expect_identical(rownames(found), c("one", "two", "three"))
})

test_that("many genes are summed block by block to the same", {
  withr::with_seed(4, values <- as.matrix(Matrix::rsparsematrix(100, 60, 0.4, rand.x = rexp)))
  clusters <- split(1:60, rep(1:3, 20))
  found <- z_sums(symbol_dataset(values, paste0("G", 1:100)), stats::setNames(100:1, paste0("G", 100:1)), clusters)
  z <- pmin(t(scale(t(values))), 10)
  expected <- vapply(clusters, function(cells) rowSums(z[100:1, cells]), numeric(100))
  expect_equal(unname(found), unname(expected), tolerance = 1e-6)
  expect_identical(rownames(found), paste0("G", 100:1))
})

test_that("the scores are of all kept cells, also of those in no cluster", {
  x <- scored_example()
  expect_equal(
    sctype_scores(symbol_dataset(x$values, x$symbols), list(1:10), x$markers),
    plain_sctype(x$values, x$symbols, list(1:10), x$markers), tolerance = 1e-6
  )
})

test_that("a marker weighs the less, the more types share it", {
  weights <- marker_weights(list(a = c("X", "Y", "Z"), b = c("X", "Y"), c = c("X", "X")))
  expect_equal(weights, c(X = 0, Y = 0.5, Z = 1))
  expect_identical(marker_weights(list(a = c("X", "Y"))), c(X = 1, Y = 1))
})

test_that("a symbol on several rows is the row with the highest mean", {
  values <- rbind(c(1, 0, 0), c(0, 2, 2), c(1, 1, 0))
  expect_identical(rows_of_symbols(symbol_dataset(values, c("A", "A", "B")), c("B", "A", "C")), c(A = 2L, B = 3L))
})

test_that("types that no gene of the dataset marks are not scored", {
  x <- scored_example()
  x$markers$positive$two <- "absent"
  expect_identical(
    rownames(sctype_scores(symbol_dataset(x$values, x$symbols), x$clusters, x$markers)), c("one", "three")
  )
})

test_that("a type needs a quarter a cell; of equal ones the first is taken", {
  scores <- cbind(c(a = 2.4, b = 1), c(2.5, 1), c(-1, -2), c(3, 3))
  expect_identical(best_types(scores, c(10, 10, 10, 10)), c("Unknown", "a", "Unknown", "a"))
})
