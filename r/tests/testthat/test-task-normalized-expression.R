#' What the analysis writes: its lines.
written <- function(dataset, ...) {
  result <- task_handler("GetNormalizedExpression")(dataset, list(...))
  withr::defer(unlink(result$path))
  expect_identical(result$content_type, "application/gzip")
  expect_identical(readBin(result$path, "raw", 2L), as.raw(c(0x1f, 0x8b)))
  file <- gzfile(result$path)
  withr::defer(close(file))
  readLines(file)
}

#' Its values as a matrix, genes x cells.
table_of <- function(lines) {
  fields <- do.call(rbind, strsplit(lines[-1], ",", fixed = TRUE))
  values <- fields[, -(1:2), drop = FALSE]
  mode(values) <- "numeric"
  dimnames(values) <- list(fields[, 2], strsplit(lines[1], ",", fixed = TRUE)[[1]][-(1:2)])
  list(number = fields[, 1], values = values)
}

test_that("the file is the matrix: numbered genes x cells", {
  object <- small_object()
  lines <- written(dataset_from(object), subsetBy = NULL, applySubset = FALSE)
  expect_match(lines[1], "^, ,cell-1,cell-2,")
  found <- table_of(lines)
  expect_identical(found$number, as.character(seq_len(SMALL_GENES)))
  expect_equal(found$values, plain_values(object), tolerance = 2^-23)
  expect_false(any(grepl('"', lines, fixed = TRUE)))
})

test_that("names that hold commas or quotes are read back as they are, in every locale", {
  object <- small_object()
  cells <- replace(rownames(object@meta.data), 1:3, c("a,b", "a\"b", "\u00fcber"))
  genes <- replace(rownames(object@assays$RNA@data), 1:2, c("TRA,B", "\u03b2\"actin"))
  dimnames(object@assays$RNA@counts) <- dimnames(object@assays$RNA@data) <- list(genes, cells)
  rownames(object@meta.data) <- cells
  dataset <- dataset_from(object)
  lines <- withr::with_locale(c(LC_CTYPE = "C"), written(dataset, applySubset = FALSE))
  Encoding(lines) <- "UTF-8"
  found <- utils::read.csv(text = lines, check.names = FALSE, row.names = NULL, encoding = "UTF-8")
  expect_identical(names(found)[-(1:2)], cells)
  expect_identical(found[[2]], genes)
  expect_equal(unname(as.matrix(found[-(1:2)])), unname(plain_values(object)), tolerance = 2^-23)
})

test_that("numbers have the fewest digits that read back to the same 32-bit float", {
  object <- small_object()
  object@assays$RNA@data[1, 1:5] <- c(0.1, 1 / 3, 2, 1e-7, 123456.789)
  lines <- written(dataset_from(object), applySubset = FALSE)
  expect_identical(strsplit(lines[2], ",")[[1]][3:7], c("0.1", "0.33333334", "2", "1e-07", "123456.79"))
})

test_that("a subset has its cells alone, in the dataset's order; ids the dataset does not hold are left out", {
  object <- small_object()
  dataset <- dataset_from(object)
  ids <- dataset$cells_id[c(70, 3, 12)]
  found <- table_of(written(dataset, subsetBy = c(ids, 99999L), applySubset = TRUE))
  expect_equal(found$values, plain_values(object)[, c(3, 12, 70)], tolerance = 2^-23)
  one <- table_of(written(dataset, subsetBy = ids[1], applySubset = TRUE))
  expect_identical(colnames(one$values), "cell-70")
})

test_that("genes of several blocks are each there once", {
  dataset <- dataset_from(make_small_object(small_counts(2L * GENES_PER_BLOCK + 1L, 60L)))
  expect_length(written(dataset, applySubset = FALSE), 2L * GENES_PER_BLOCK + 2L)
})

test_that("a subset without cells is said to be", {
  dataset <- small_dataset()
  for (ids in list(99999L, list(), NULL)) {
    error <- expect_error(written(dataset, subsetBy = ids, applySubset = TRUE), class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_EMPTY_CELL_SET")
  }
  expect_snapshot(complain(written(dataset, subsetBy = 99999L, applySubset = TRUE)))
  expect_snapshot(complain(written(dataset, subsetBy = 1L)))
})
