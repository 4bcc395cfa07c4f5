test_that("the values of genes are those of the matrix", {
  object <- small_object()
  dataset <- dataset_from(object)
  columns <- expression_of(dataset, c(5L, 200L, 1L))
  for (i in 1:3) {
    dense <- numeric(SMALL_CELLS)
    dense[columns[[i]]$cell + 1L] <- columns[[i]]$value
    expect_identical(dense, as_float32(unname(plain_values(object, c(5, 200, 1)[i])[1, ])))
    expect_true(all(columns[[i]]$value != 0))
  }
})

test_that("a gene no cell expresses has no values", {
  object <- small_object()
  object@assays$RNA@data[7, ] <- 0
  expect_identical(expression_of(dataset_from(object), 7L), list(list(cell = integer(), value = numeric())))
})

test_that("counts can be read instead", {
  column <- expression_of(small_dataset(), 3L, layer = "counts")[[1]]
  expect_identical(sum(column$value), sum(small_counts()[3, ]))
})

test_that("normalisation is Seurat's", {
  counts <- small_counts()
  expect_equal(normalised(counts), Seurat::LogNormalize(counts, verbose = FALSE))
})

test_that("standardised variance is Seurat's", {
  counts <- small_counts(600L, 120L)
  counts[9, ] <- 0
  theirs <- suppressWarnings(Seurat::FindVariableFeatures(counts, selection.method = "vst", verbose = FALSE))
  ours <- count_dispersion(counts)
  expect_equal(ours$mean, theirs$vst.mean)
  expect_equal(ours$variance, theirs$vst.variance)
  expect_equal(ours$variance.standardized, theirs$vst.variance.standardized)
})

test_that("a handful of genes has a variance too", {
  for (genes in c(1L, 3L, 25L)) {
    found <- count_dispersion(small_counts()[seq_len(genes), , drop = FALSE])$variance.standardized
    expect_length(found, genes)
    expect_true(all(is.finite(found)))
  }
})

test_that("genes vary by what is known of them: a single cell says nothing, and means below zero have no trend", {
  expect_identical(count_dispersion(small_counts()[, 1L, drop = FALSE])$variance.standardized, rep(0, nrow(small_counts())))
  values <- as.matrix(log1p(small_counts(60L, 40L)))
  trend <- standardised_variance(layer_from(values), TRUE)$variance.standardized
  values <- rbind(-values[1:3, ], values)
  found <- standardised_variance(layer_from(values), TRUE)$variance.standardized
  expect_equal(found[-(1:3)], trend)
})

test_that("a cell without counts stays empty when it is normalised, though its zeros be stored", {
  counts <- small_counts()
  counts@x[seq_len(counts@p[2])] <- 0
  expect_identical(sum(normalised(counts)[, 1]), 0)
  expect_equal(normalised(counts)[, -1], normalised(small_counts())[, -1])
})
