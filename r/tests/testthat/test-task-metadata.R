test_that("values lie by cell id, null where a cell was filtered", {
  object <- small_object()
  dataset <- dataset_from(object)
  meta <- object@meta.data
  expect_by_id <- function(name, expected) {
    found <- numbers(answer(dataset, name))
    expect_length(found, max(meta$cells_id) + 1L)
    expect_identical(found[meta$cells_id + 1L], expected)
    expect_true(all(is.na(found[-(meta$cells_id + 1L)])))
  }
  expect_by_id("getDoubletScore", meta$doublet_scores)
  expect_by_id("getMitochondrialContent", meta$percent.mt)
  expect_by_id("getNGenes", log10(meta$nFeature_RNA))
  expect_by_id("getNUmis", log10(meta$nCount_RNA))
})

test_that("a missing score of one cell is null", {
  object <- small_object()
  object@meta.data$doublet_scores[3] <- NA
  expect_null(answer(dataset_from(object), "getDoubletScore")[[object@meta.data$cells_id[3] + 1L]])
})

test_that("a column that was not computed is named", {
  dataset <- dataset_from(plain_object())
  error <- expect_error(answer(dataset, "getDoubletScore"), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_COLUMN_NOT_FOUND")
  expect_snapshot(complain(answer(dataset, "getDoubletScore")))
})

test_that("what is no number is no score", {
  object <- small_object()
  object@meta.data$doublet_scores <- factor(round(object@meta.data$doublet_scores, 1))
  object@meta.data$nCount_RNA <- as.character(object@meta.data$nCount_RNA)
  dataset <- dataset_from(object)
  for (task in c("getDoubletScore", "getNUmis")) {
    error <- expect_error(answer(dataset, task), "is not computed for this experiment", class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_COLUMN_NOT_FOUND")
  }
})
