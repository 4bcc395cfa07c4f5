condition <- function(gene, comparison, threshold) {
  list(geneName = gene, comparisonType = comparison, thresholdValue = threshold)
}

cell_set <- function(dataset, ..., key = "some-key") {
  answer(dataset, "getExpressionCellSet", list(genesConfig = list(...), key = key))
}

test_that("the cells that meet every condition are a set", {
  object <- small_object()
  values <- plain_values(object)
  found <- cell_set(dataset_from(object), condition("GENE2", "greaterThan", 4.5), condition("GENE40", "lessThan", 4))
  expected <- object@meta.data$cells_id[values[2, ] > 4.5 & values[40, ] < 4]
  expect_gt(length(expected), 3)
  expect_identical(unlist(found$cellIds), sort(expected))
  expect_identical(found[c("key", "name", "rootNode")], list(
    key = "some-key", name = "GENE2>4.5, GENE40<4", rootNode = FALSE
  ))
  expect_true(found$color %in% object@misc$color_pool)
})

test_that("cells without expression are less than any threshold above 0 and greater than any below", {
  object <- small_object()
  values <- plain_values(object)
  ids <- object@meta.data$cells_id
  dataset <- dataset_from(object)
  found <- function(...) unlist(cell_set(dataset, condition("GENE60", ...))$cellIds)
  expect_identical(found("lessThan", 0.001), ids[values[60, ] == 0])
  expect_identical(found("greaterThan", -1), ids)
  expect_identical(found("greaterThan", 0), ids[values[60, ] > 0])
})

test_that("comparisons are strict, also with what a 32-bit float cannot hold", {
  object <- small_object()
  object@assays$RNA@data[1, ] <- rep_len(c(0.7, 0.1, 2.3), ncol(object))
  dataset <- dataset_from(object)
  ids <- object@meta.data$cells_id
  values <- plain_values(object, 1)[1, ]
  found <- function(...) unlist(cell_set(dataset, condition("GENE1", ...))$cellIds)
  for (threshold in c(0.1, 0.7)) expect_identical(found("greaterThan", threshold), ids[values > threshold])
  for (threshold in c(0.7, 2.3)) expect_identical(found("lessThan", threshold), ids[values < threshold])
})

test_that("ids ascend, whatever the order of the cells", {
  object <- small_object()
  shuffled <- reordered(object, withr::with_seed(4, sample.int(ncol(object))))
  asked <- condition("GENE2", "greaterThan", 4.5)
  expect_identical(cell_set(dataset_from(shuffled), asked), cell_set(dataset_from(object), asked))
})

test_that("a set of one cell has an array of ids", {
  object <- small_object()
  highest <- max(plain_values(object, 2))
  second <- sort(plain_values(object, 2), decreasing = TRUE)[2]
  found <- cell_set(dataset_from(object), condition("GENE2", "greaterThan", (highest + second) / 2))
  expect_identical(found$cellIds, list(object@meta.data$cells_id[which.max(plain_values(object, 2))]))
})

test_that("a colour belongs to its key", {
  dataset <- small_dataset()
  colour <- function(key) cell_set(dataset, condition("GENE2", "greaterThan", 1), key = key)$color
  expect_identical(colour("a"), colour("a"))
  expect_gt(length(unique(vapply(letters, colour, ""))), 15)
})

test_that("an experiment without colours of its own takes one of the general ones", {
  object <- small_object()
  object@misc$color_pool <- NULL
  found <- cell_set(dataset_from(object), condition("GENE2", "greaterThan", 1))
  expect_true(found$color %in% colour_pool())
})

test_that("names show numbers as a person writes them", {
  text <- function(threshold) condition_text(list(gene = "G", sign = ">", threshold = threshold))
  expect_identical(text(100000), "G>100000")
  expect_identical(text(0.1), "G>0.1")
  expect_identical(text(1e-4), "G>0.0001")
  expect_identical(text(-2.50), "G>-2.5")
  expect_identical(text(1 / 3), "G>0.333333333333333")
})

test_that("gene names must match exactly", {
  error <- expect_error(cell_set(small_dataset(), condition("gene2", "lessThan", 1)), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_EMPTY_CELL_SET")
})

test_that("a request that cannot be answered says why", {
  dataset <- small_dataset()
  none <- expect_error(cell_set(dataset, condition("GENE2", "greaterThan", 1e300)), class = "tandem_task_error")
  expect_identical(none$code, "R_WORKER_EMPTY_CELL_SET")
  expect_snapshot({
    complain(cell_set(dataset, condition("GENE2", "greaterThan", 1), condition("NOPE", "lessThan", 1)))
    complain(cell_set(dataset, condition("GENE2", "greaterThan", 5), condition("GENE2", "lessThan", 1)))
    complain(cell_set(dataset))
    complain(cell_set(dataset, condition("GENE2", "equals", 1)))
    complain(cell_set(dataset, condition("GENE2", "greaterThan", 1), condition("GENE3", "lessThan", "1")))
    complain(cell_set(dataset, list(comparisonType = "lessThan", thresholdValue = 1)))
    complain(cell_set(dataset, "GENE2"))
  })
})
