NO_DATA <- list(total = 0L, data = "No data available for this comparison")

batch <- function(dataset, sets, comparisons, type = "within") {
  request <- list(cellSets = sets, comparisons = comparisons, comparisonType = type)
  answer(dataset, "BatchDifferentialExpression", request)
}

pair <- function(base, background) list(base = base, background = background)

all_ids <- function() sample_dataset()$cells_id

expect_same_answer <- function(found, expected) {
  expect_identical(found$total, expected$total)
  expect_identical(found$data$Gene, expected$data$Gene)
  expect_equal(table_of(found), table_of(expected), tolerance = 1e-12)
}

test_that("each comparison is answered as it is alone, in the order asked for", {
  object <- sample_object()
  dataset <- sample_dataset()
  sets <- c(lapply(SAMPLES, function(s) ids_where(object, samples == s)), list(all_ids()))
  comparisons <- c(lapply(0:5, pair, 6), list(pair(1, 3), pair(3, 1)))
  found <- batch(dataset, sets, comparisons)
  expect_length(found, 8)
  for (i in seq_along(comparisons)) {
    sides <- comparisons[[i]]
    expect_same_answer(found[[i]], compare(dataset, sets[[sides$base + 1]], sets[[sides$background + 1]]))
  }
})

test_that("sets that overlap are answered as they are alone", {
  object <- sample_object()
  dataset <- sample_dataset()
  sets <- list(
    ids_where(object, kind == "a"), ids_where(object, samples %in% SAMPLES[1:3]),
    ids_where(object, kind == "b" & samples %in% SAMPLES[2:5]), all_ids()[c(7, 9)], all_ids()
  )
  found <- batch(dataset, sets, lapply(0:3, pair, 4))
  for (i in 1:4) expect_same_answer(found[[i]], compare(dataset, sets[[i]], sets[[5]]))
})

test_that("comparisons of the same cells share a pass over the matrix", {
  object <- sample_object()
  sides <- function(base, background) sides_of(sample_dataset(), base, background)
  by_sample <- lapply(SAMPLES, function(s) sides(ids_where(object, samples == s), all_ids()))
  some <- sides(ids_where(object, kind == "a"), ids_where(object, samples == "s1"))
  passes <- passes_over(c(by_sample[1:3], list(some, NULL), by_sample[4:6]))
  expect_identical(lapply(passes, `[[`, "comparisons"), list(c(1:3, 6:8), 4L))
  expect_identical(sort(unique(passes[[1]]$groups)), 1:6)
  expect_identical(tabulate(passes[[2]]$groups), tabulate(some))
  expect_identical(passes[[2]]$groups == 0L, some == 0L)
})

test_that("a pass tells only so many groups apart, and another one serves the rest", {
  withr::with_seed(4, sides <- lapply(1:12, function(i) sample(c(BASE, BACKGROUND), SAMPLE_CELLS, TRUE)))
  passes <- passes_over(sides)
  expect_gt(length(passes), 1)
  expect_identical(unlist(lapply(passes, `[[`, "comparisons")), 1:12)
  expect_lte(max(vapply(passes, function(pass) max(pass$groups), 0L)), MOST_GROUPS)
  for (pass in passes) {
    for (i in pass$comparisons) expect_length(intersect(pass$groups[sides[[i]] == 1], pass$groups[sides[[i]] == 2]), 0)
  }
})

test_that("a comparison that cannot be made says so, the log says why, and the others go on", {
  object <- sample_object()
  sets <- list(ids_where(object, kind == "a"), ids_where(object, kind == "b"), list(), 0L)
  comparisons <- list(
    pair(2, 0), pair(0, 1), list(problem = "No cell set has the key 'gone'."), pair(0, 0), pair(1, 3), pair(1, 0)
  )
  log <- capture_log(found <- batch(sample_dataset(), sets, comparisons))
  for (i in c(1, 3, 4, 5)) expect_identical(found[[i]], NO_DATA)
  expect_same_answer(found[[2]], compare(sample_dataset(), sets[[1]], sets[[2]]))
  expect_same_answer(found[[6]], compare(sample_dataset(), sets[[2]], sets[[1]]))
  expect_length(log, 4)
  expect_match(log[2], "Comparison 3 of the batch cannot be made: No cell set has the key 'gone'.", fixed = TRUE)
})

test_that("an error that nobody expects fails its own comparison alone", {
  object <- sample_object()
  object@assays$RNA@counts[, object$samples == "s3"] <- -1
  sets <- lapply(SAMPLES[1:4], function(s) ids_where(object, samples == s))
  comparisons <- list(pair(0, 1), pair(0, 2), pair(0, 3))
  log <- capture_log(found <- batch(dataset_from(object), sets, comparisons, "between"))
  expect_identical(vapply(found, `[[`, 0L, "total"), c(SAMPLE_GENES, 0L, SAMPLE_GENES))
  expect_identical(found[[2]], NO_DATA)
  expect_length(log, 1)
})

test_that("samples are compared one after another", {
  object <- sample_object()
  sets <- list(ids_where(object, condition == "treated"), ids_where(object, condition == "control"),
               ids_where(object, samples == "s1")[1:5])
  log <- capture_log(found <- batch(sample_dataset(), sets, list(pair(0, 1), pair(0, 2), pair(1, 0)), "between"))
  expect_identical(found[[1]], compare(sample_dataset(), sets[[1]], sets[[2]], type = "between"))
  expect_identical(found[[2]], NO_DATA)
  expect_identical(found[[3]], compare(sample_dataset(), sets[[2]], sets[[1]], type = "between"))
  expect_match(log, "Comparison 2 of the batch cannot be made: No sample has at least 10 cells", fixed = TRUE)
})

test_that("every comparison is reported when it is done", {
  folder <- withr::local_tempdir()
  withr::defer(child$folder <- NULL)
  child$folder <- folder
  object <- sample_object()
  sets <- list(ids_where(object, kind == "a"), ids_where(object, kind == "b"), list())
  capture_log(batch(sample_dataset(), sets, list(pair(0, 1), pair(2, 1), pair(1, 0))))
  expect_identical(readLines(file.path(folder, "progress")), c(
    '{"message":"Comparing cell sets","step":2,"total":3}', '{"message":"Comparing cell sets","step":3,"total":3}'
  ))
})

test_that("no comparisons are no answers, and one is an array", {
  expect_identical(batch(sample_dataset(), list(), list()), list())
  expect_length(batch(sample_dataset(), list(all_ids()[1], all_ids()), list(pair(0, 1))), 1)
})

test_that("what is no batch is refused", {
  dataset <- sample_dataset()
  expect_snapshot(complain(batch(dataset, list(1:3), list(pair(0, 1)))))
  expect_snapshot(complain(batch(dataset, list(1:3), list(list(base = 0)))))
  expect_snapshot(complain(batch(dataset, list("louvain-0"), list(pair(0, 0)))))
  expect_snapshot(complain(batch(dataset, list(1:3, 4:6), list("0"))))
  expect_snapshot(complain(batch(dataset, list(1:3, 4:6), list(pair(0, 1)), "among")))
})

test_that("sets of one cell, and of none, are read from JSON as what they are", {
  params <- parse_body(charToRaw('{
    "cellSets": [[1], [2, 4], []], "comparisonType": "within",
    "comparisons": [{"base": 0, "background": 1}, {"base": 0, "background": 2}, {"problem": "gone"}]
  }'))
  capture_log(found <- answer(sample_dataset(), "BatchDifferentialExpression", params))
  expect_identical(found, c(list(compare(sample_dataset(), 1L, c(2L, 4L))), list(NO_DATA, NO_DATA)))
})
