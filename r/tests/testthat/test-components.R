test_that("more components than there are cells or genes cannot be found", {
  layer <- layer_from(small_counts()[1:40, 1:12])
  totals <- Matrix::colSums(small_counts()[1:40, 1:12])
  found <- scaled_components(layer, 1:8, totals, 30L, list(letters[1:12], LETTERS[1:8]))
  expect_identical(dim(found$embedding), c(12L, 7L))
  expect_identical(dimnames(found$loadings), list(LETTERS[1:8], paste0("PC_", 1:7)))
  expect_length(found$sdev, 7L)
})

test_that("values are scaled as Seurat scales them: outliers cut off, genes without spread zero", {
  counts <- as_sparse(matrix(0, 3, 200), "counts")
  counts[1, 5] <- 1000
  counts[2, ] <- rep_len(1:4, 200)
  totals <- rep(100, 200)
  data <- counts
  data@x <- log1p(data@x / 100 * 1e4)
  dimnames(data) <- list(c("a", "b", "c"), paste0("cell", 1:200))
  expected <- t(Seurat::ScaleData(data, verbose = FALSE))
  expect_identical(layer_scaled(layer_from(counts), 1:3, totals, 1e4, LARGEST_SCALED, 2L), unname(expected))
  expect_identical(max(expected), 10)
})

test_that("sparse arithmetic gives the same components, but for their signs", {
  counts <- small_counts()
  totals <- Matrix::colSums(counts)
  counts[7, 9] <- 500 # an outlier that is cut off
  layer <- layer_from(counts)
  names <- list(colnames(counts), rownames(counts))
  dense <- scaled_components(layer, 1:200, totals, 5L, list(names[[1]], names[[2]][1:200]))
  scaled <- sparse_scaled(layer_matrix(layer, 1:200, list(names[[1]], names[[2]][1:200])), totals)
  sparse <- components_of_matrix(scaled$values, 5L, center = scaled$mean, scale = scaled$sd)
  expect_equal(abs(sparse$embedding), abs(dense$embedding), tolerance = 1e-6)
  expect_equal(sparse$sdev, dense$sdev, tolerance = 1e-8)
})
