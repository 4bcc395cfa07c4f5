test_that("a matrix of counts is read, dense or sparse, as text or binary", {
  counts <- small_counts(50L, 6L)
  forms <- list(counts, as.matrix(counts), as(counts, "TsparseMatrix"), as(counts, "RsparseMatrix"))
  storage.mode(forms[[2L]]) <- "integer"
  for (form in forms) {
    for (ascii in c(TRUE, FALSE)) {
      parcel <- foreign_parcel(form, ascii)
      expect_identical(parcel_counts(parcel), as.matrix(counts))
      expect_identical(parcel$gene_names, rownames(counts))
      expect_identical(parcel$notes$analysed, FALSE)
    }
  }
})

test_that("zeros that are stored are left out", {
  counts <- small_counts(50L, 6L)
  counts@x[3L] <- 0
  parcel <- foreign_parcel(counts)
  expect_identical(parcel_counts(parcel), as.matrix(counts))
  expect_identical(file.size(file.path(parcel$folder, "counts.values")), 4 * sum(counts@x > 0))
})

test_that("counts are looked at in pieces", {
  counts <- Matrix::sparseMatrix(rep(1:1100, 1000), rep(1:1000, each = 1100), x = rep(1, 1.1e6))
  expect_identical(checked_counts(counts), counts)
  counts@x[1.05e6] <- 0.5
  expect_snapshot(complain(checked_counts(counts)))
  nothing <- Matrix::sparseMatrix(integer(), integer(), x = numeric(), dims = c(3, 2))
  expect_identical(checked_counts(nothing), nothing)
})

test_that("what is no data set is refused in a sentence", {
  counts <- small_counts(50L, 6L)
  unnamed <- structure(counts, Dimnames = list(NULL, NULL))
  delayed <- bare_object("DelayedMatrix", "DelayedArray", seed = 1)
  damaged <- counts
  damaged@i[1L] <- 500L
  expect_snapshot({
    for (object in list(
      1:3, NULL, sum, as.name("x"), globalenv(), y ~ x, letters, list(a = 1), data.frame(a = 1),
      structure(list(), class = "lm"), unnamed, log1p(counts), -counts, counts[0L, ], delayed, damaged,
      structure(1, class = "Seurat"), structure(list(), class = "seurat")
    )) writeLines(gsub(" \\(R says.*", " (R says ...)", foreign_parcel(object)))
  })
})

test_that("a file that R cannot read is refused in a sentence", {
  folder <- withr::local_tempdir()
  path <- file.path(folder, "object.rds")
  saveRDS(small_counts(), path, compress = FALSE)
  bytes <- readBin(path, "raw", 5000L)
  for (content in list(bytes, raw(), charToRaw("no R at all"), bytes[1:20])) {
    writeBin(content, path)
    expect_match(foreign_file(path, folder), "cut short or damaged")
  }
})
