# As the package has it, but with blocks of a few cells.
in_small_blocks <- function(code) {
  namespace <- asNamespace("tandem")
  set <- function(value) {
    unlockBinding("BLOCK_ENTRIES", namespace)
    assign("BLOCK_ENTRIES", value, namespace)
  }
  before <- BLOCK_ENTRIES
  on.exit(set(before))
  set(1000)
  in_step({ code; TRUE })
}

test_that("blocks follow each other, and none is left out", {
  in_small_blocks({
    starts <- c(0, 10, 10, 2500, 2600, 2700, 2700)
    expect_identical(cell_blocks(starts), data.frame(first = c(1L, 4L), last = c(3L, 6L)))
  })
})

test_that("matrices and layers are the same in one block and in many", {
  counts <- small_counts()
  kept <- setdiff(seq_len(SMALL_CELLS), c(1, 2, 3, 40, 80))
  parcel <- open_parcel(parcel_from(counts))
  names <- list(rownames(counts), colnames(counts)[kept])
  folder <- withr::local_tempdir()
  dir.create(file.path(folder, "store"))
  in_small_blocks({
    expect_gt(nrow(cell_blocks(parcel$starts$counts)), 5L)
    found <- parcel_matrices(parcel, kept, names)
    write_parcel_cells(parcel, kept, names[[1]], folder, "counts")
  })
  expect_identical(found$counts, as_sparse(counts, "counts")[, kept])
  expect_identical(found$data, normalised(as_sparse(counts, "counts")[, kept]))
  matrix <- layer_matrix(open_layer(folder, "counts"), seq_len(SMALL_GENES), rev(names))
  expect_identical(Matrix::t(matrix), as_sparse(counts, "counts")[, kept])
})

test_that("more counts than a matrix can hold are refused", {
  parcel <- list(starts = list(counts = c(0, 2e9, 4e9)))
  expect_snapshot(complain(write_parcel_cells(parcel, 1:2, character(), tempfile(), "counts")))
})
