expect_plain_markers <- function(object, ids) {
  cells <- cell_places(dataset_from(object), ids)
  found <- marker_statistics(dataset_from(object), cells, function(table) rep(TRUE, nrow(table)))
  plain <- plain_markers(object, ids)
  expect_equal(found$p_val, plain$p_val, tolerance = 1e-10)
  for (column in c("set", "gene", "auc", "logFC", "pct_1", "pct_2")) {
    expect_equal(found[[column]], plain[[column]], tolerance = 1e-6, ignore_attr = TRUE)
  }
}

test_that("every gene of every set is tested as wilcox.test tests it", {
  expect_plain_markers(small_object(), cluster_ids())
})

test_that("a cell in two sets counts in each, and is not among the others of either", {
  ids <- cluster_ids()
  expect_plain_markers(small_object(), list(ids[[1]], c(ids[[1]][1:9], ids[[2]]), ids[[3]][1]))
})

test_that("cells in no set take no part", {
  expect_plain_markers(small_object(), lapply(cluster_ids(), head, 11))
})

test_that("the order of the cells changes nothing", {
  object <- small_object()
  all_rows <- function(table) rep(TRUE, nrow(table))
  markers <- function(object) {
    dataset <- dataset_from(object)
    marker_statistics(dataset, cell_places(dataset, cluster_ids(small_object())), all_rows)
  }
  shuffled <- reordered(object, withr::with_seed(2, sample.int(ncol(object))))
  expect_equal(markers(shuffled), markers(object))
})

test_that("a gene marks one set: that of its smallest p, and where p is equal, that where it stands out most", {
  found <- data.frame(
    set = c(1, 2, 2, 3, 3), gene = c(7, 7, 8, 8, 9), p_val = c(1e-9, 1e-8, 0, 0, 0.5), logFC = c(1, 5, 2, 3, 4)
  )
  best <- best_of_sets(found, 5)
  expect_identical(best$set, c(1, 3, 3))
  expect_identical(best$gene, c(7, 9, 8))
  expect_identical(best_of_sets(found, 1)$gene, c(7, 9))
})

test_that("one group, or none, has no markers", {
  dataset <- small_dataset()
  for (cells in list(list(), list(1:5))) {
    error <- expect_error(best_markers(dataset, cells, 5L), class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_NO_MARKER_GENES")
  }
  expect_snapshot(complain(best_markers(dataset, list(1:5), 5L)))
})

test_that("groups that no gene tells apart have no markers", {
  dataset <- small_dataset()
  error <- expect_error(best_markers(dataset, list(1:5, 1:5), 5L), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_NO_MARKER_GENES")
  expect_snapshot(complain(best_markers(dataset, list(1:5, 5:1), 5L)))
})
