test_that("a code stands for a combination of sets, and a set is the sum of its codes", {
  cells <- list(c(1L, 2L, 3L), c(3L, 4L), integer(), c(3L, 2L))
  groups <- group_codes(cells, 6L)
  expect_identical(groups$n, 4L)
  expect_identical(groups$codes[5:6], c(0L, 0L))
  expect_length(unique(groups$codes[1:4]), 4)
  members <- lapply(groups$of_set, function(codes) which(groups$codes %in% codes))
  expect_identical(members, lapply(cells, sort))
})

test_that("sets that do not overlap have one code each, in their order", {
  groups <- group_codes(list(c(4L, 2L), 1L), 4L)
  expect_identical(groups, list(codes = c(2L, 1L, 0L, 1L), n = 2L, of_set = list(1L, 2L)))
})

test_that("random overlapping sets have the statistics of each set by itself", {
  dataset <- small_dataset()
  cells <- withr::with_seed(3, lapply(c(5, 40, 1, 80, 17), function(n) sample.int(dataset$n_cells, n)))
  together <- set_statistics(dataset, cells, c(3L, 200L, 9L))
  for (set in seq_along(cells)) {
    alone <- group_statistics(dataset, replace(integer(dataset$n_cells), cells[[set]], 1L), 1L, c(3L, 200L, 9L))
    expect_equal(together$sum[, set], alone$sum[, 1])
    expect_equal(together$nonzero[, set], alone$nonzero[, 1])
    expect_equal(together$cells[set], alone$cells)
  }
})

test_that("blocks of genes change nothing", {
  dataset <- small_dataset()
  cells <- list(1:30, 20:50)
  whole <- set_statistics(dataset, cells, ranks = TRUE)
  expect_identical(set_statistics(dataset, cells, ranks = TRUE, block_size = 100), whole)
})

test_that("ids are read once each, and unknown ones dropped", {
  dataset <- small_dataset()
  class <- parse_body(charToRaw(
    '{"key":"k","name":"n","children":[{"key":"a","name":"A","cellIds":[5,0,5,4,99999]},
      {"key":"b","name":"B","cellIds":[]},{"key":"c","name":"C","cellIds":[2]}]}'
  ))
  sets <- read_cell_sets(dataset, class, "cellSets")
  expect_identical(sets, list(key = c("a", "b", "c"), name = c("A", "B", "C"), cells = list(c(5L, 1L), integer(), 3L)))
  expect_identical(non_empty(sets), list(key = c("a", "c"), name = c("A", "C"), cells = list(c(5L, 1L), 3L)))
  expect_identical(non_empty(sets, within = c(9L, 5L))$cells, list(5L))
})

test_that("a class without sets has none", {
  sets <- read_cell_sets(small_dataset(), parse_body(charToRaw('{"key":"k","name":"n","children":[]}')), "cellSets")
  expect_identical(sets, list(key = character(), name = character(), cells = list()))
})

test_that("what is not a class is named", {
  dataset <- small_dataset()
  read <- function(class) read_cell_sets(dataset, class, "cellSets")
  expect_snapshot({
    complain(read(NULL))
    complain(read("louvain"))
    complain(read(list(key = "k", name = "n")))
    complain(read(list(children = list(list(key = "a", name = "A", cellIds = 1L), "b"))))
    complain(read(list(children = list(list(key = "a", cellIds = 1L)))))
    complain(read(list(children = list(list(key = "a", name = "A", cellIds = "x")))))
  })
})
