raw_totals <- function(cells, empty) {
  withr::with_seed(5, c(stats::rnbinom(cells, mu = 8000, size = 4), stats::rpois(empty, 20)))
}

test_that("cells are told from empty droplets", {
  found <- find_cells(raw_totals(500L, 20000L))
  expect_true(found$looks_raw)
  expect_gt(mean(found$is_cell[1:500]), 0.95)
  expect_identical(sum(found$is_cell[-(1:500)]), 0L)
})

test_that("chosen cells do not look raw, however few they are", {
  expect_false(find_cells(raw_totals(500L, 0L))$looks_raw)
  expect_false(find_cells(raw_totals(20L, 0L))$looks_raw)
  expect_false(find_cells(integer())$looks_raw)
  expect_false(find_cells(Matrix::colSums(demo_counts()$counts))$looks_raw)
})

test_that("samples are looked at one by one", {
  raw <- raw_totals(300L, 5000L)
  chosen <- raw_totals(200L, 0L) / 100
  cells <- data.frame(sample = rep(c("a", "b"), c(length(raw), 200L)), counts = c(raw, chosen))
  cells$reason <- factor("kept", REASONS)
  found <- in_step(without_droplets(cells, always = FALSE))
  expect_true(all(found$reason[cells$sample == "b"] == "kept"))
  expect_gt(sum(found$reason == "empty droplet"), 4999L)
  expect_match(attr(found, "told"), "of 5,500 barcodes are empty droplets", all = FALSE)
})

test_that("an input full of empty droplets gives the cells", {
  counts <- small_counts(400L, 150L)
  empty <- withr::with_seed(6, Matrix::rsparsematrix(400L, 3000L, 0.01, rand.x = function(n) rep(1, n)))
  dimnames(empty) <- list(rownames(counts), paste0("empty-", 1:3000))
  object <- imported(parcel_from(cbind(counts, empty)), min_genes = NULL, max_mito = NULL, doublets = FALSE)
  expect_identical(rownames(object@meta.data), colnames(counts))
})
