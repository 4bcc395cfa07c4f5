#' The matrix a client makes of the answer: rows x genes.
dense_matrix <- function(expression) {
  parts <- expression$rawExpression
  size <- numbers(parts$size)
  dense <- matrix(0, size[1], size[2])
  column <- rep(seq_len(size[2]), diff(numbers(parts$ptr)))
  dense[cbind(numbers(parts$index) + 1, column)] <- numbers(parts$values)
  dense
}

expression <- function(dataset, genes, ids = NULL) answer(dataset, "runExpression", list(genes = genes, cellIds = ids))

test_that("values are those of the matrix, a row a cell id and a column a gene", {
  object <- small_object()
  result <- expression(dataset_from(object), c("GENE9", "GENE150"))
  dense <- dense_matrix(result)
  ids <- object@meta.data$cells_id
  expect_identical(dim(dense), c(max(ids) + 1L, 2L))
  expect_equal(dense[ids + 1L, ], unname(t(plain_values(object, c(9, 150)))), tolerance = 2^-23)
  expect_true(all(dense[-(ids + 1L), ] == 0))
  expect_null(result$cellIds)
})

test_that("genes are found ignoring case and come in the dataset's order", {
  result <- expression(small_dataset(), c("gene150", "Gene2", "no such gene"))
  expect_identical(unlist(result$orderedGeneNames), c("GENE2", "GENE150"))
})

test_that("statistics are those of all kept cells, also of a sample of them", {
  object <- small_object()
  dataset <- dataset_from(object)
  values <- as_float32(plain_values(object, c(4, 100)))
  whole <- expression(dataset, c("GENE4", "GENE100"))$stats
  expect_equal(numbers(whole$rawMean), unname(apply(values, 1, mean)))
  expect_equal(numbers(whole$rawStdev), unname(apply(values, 1, sd)))
  expect_equal(numbers(whole$truncatedMin), unname(apply(values, 1, min)))
  expect_equal(numbers(whole$truncatedMax), unname(apply(values, 1, quantile, 0.95)))
  expect_identical(expression(dataset, c("GENE4", "GENE100"), c(0, 2))$stats, whole)
})

test_that("asked for cells, the rows are those cells in that order", {
  object <- small_object()
  ids <- object@meta.data$cells_id
  asked <- ids[c(30, 2, 77)]
  result <- expression(dataset_from(object), c("GENE4", "GENE100"), asked)
  expect_equal(dense_matrix(result), unname(t(plain_values(object, c(4, 100))[, c(30, 2, 77)])), tolerance = 2^-23)
  expect_identical(unlist(result$cellIds), asked)
})

test_that("cells that the dataset does not hold are left out of the rows", {
  result <- expression(small_dataset(), "GENE4", c(99999, 0, 4, 0))
  expect_identical(result$cellIds, list(0L, 0L))
  expect_identical(result$rawExpression$size, list(2L, 1L))
})

test_that("no cells give no rows", {
  result <- expression(small_dataset(), "GENE4", list())
  expect_identical(result$cellIds, list())
  expect_identical(result$rawExpression, list(values = list(), index = list(), ptr = list(0L, 0L), size = list(0L, 1L)))
})

test_that("one gene is an array everywhere, as many are", {
  result <- expression(small_dataset(), "GENE4")
  expect_length(result$orderedGeneNames, 1)
  expect_true(all(vapply(result$stats, is.list, NA)))
  expect_length(result$rawExpression$ptr, 2)
})

test_that("a gene nobody expresses is an empty column", {
  object <- small_object()
  object@assays$RNA@data[1, ] <- 0
  result <- expression(dataset_from(object), c("GENE1", "GENE2"))
  expect_identical(result$rawExpression$ptr[1:2], list(0L, 0L))
  expect_identical(result$stats$truncatedMax[[1]], 0L)
})

test_that("rows within a column ascend, even if the cells' ids do not", {
  object <- small_object()
  object@meta.data$cells_id <- rev(object@meta.data$cells_id)
  dataset <- dataset_from(object)
  index <- numbers(expression(dataset, "GENE1")$rawExpression$index)
  expect_false(is.unsorted(index, strictly = TRUE))
  expect_equal(dense_matrix(expression(dataset, "GENE1"))[object@meta.data$cells_id + 1L, 1],
               unname(plain_values(object, 1)[1, ]), tolerance = 2^-23)
})

test_that("genes that are not there are named", {
  dataset <- small_dataset()
  error <- expect_error(expression(dataset, c("NOPE", "NADA")), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_GENE_NOT_FOUND")
  expect_snapshot(complain(expression(dataset, c("NOPE", "NADA"))))
  expect_snapshot(complain(expression(dataset, list())))
  expect_snapshot(complain(expression(dataset, "GENE4", c(1, -2))))
})

test_that("a cell asked for twice has two rows", {
  object <- small_object()
  ids <- object@meta.data$cells_id[c(5, 3, 3, 1)]
  result <- expression(dataset_from(object), "GENE3", ids)
  expect_identical(unlist(result$cellIds), ids)
  expect_identical(unlist(result$rawExpression$size), c(4L, 1L))
  found <- numeric(4)
  found[unlist(result$rawExpression$index) + 1L] <- unlist(result$rawExpression$values)
  expect_equal(found, unname(as.matrix(object@assays$RNA@data)["ENSG3", c(5, 3, 3, 1)]), tolerance = 1e-6)
})

test_that("thousands of unknown genes make a sentence that can be read", {
  error <- expect_error(expression(small_dataset(), paste0("NOSUCH", 1:5000)), class = "tandem_task_error")
  expect_match(conditionMessage(error), "NOSUCH10 and 4990 more not found")
  long <- expect_error(expression(small_dataset(), strrep("X", 1e5)), class = "tandem_task_error")
  expect_lt(nchar(conditionMessage(long)), 200)
})
