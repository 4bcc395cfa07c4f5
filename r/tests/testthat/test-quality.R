cells_with <- function(...) {
  cells <- data.frame(sample = "s", counts = 1000, genes = 500L, mito = 5, score = NA_real_, ...)
  cells$reason <- factor("kept", REASONS)
  cells
}

bounded <- function(cells, ..., analysed = FALSE) {
  in_step(within_bounds(cells, bounds_of(import_options(...), analysed), analysed))
}

test_that("each bound takes what lies beyond it, and says why", {
  cells <- cells_with(cell = 1:100)
  cells$genes[1:2] <- c(199L, 200L)
  cells$mito[3:4] <- c(20, 20.1)
  cells$counts[5] <- 90000
  cells$score[6:7] <- c(0.5, 0.6)
  found <- bounded(cells, max_counts = 50000, max_doublet_score = 0.5)
  expect_identical(as.character(found$reason[1:7]), c(
    "few genes", "kept", "kept", "mitochondrial", "many counts", "kept", "doublet"
  ))
  expect_true(all(found$reason[-(1:7)] == "kept"))
})

test_that("cells that their author has chosen stay, unless a bound is named", {
  cells <- cells_with(cell = 1:60)
  cells$genes[1:30] <- 10L
  expect_true(all(bounded(cells, analysed = TRUE)$reason == "kept"))
  named <- bounded(cells, asked = "min_genes", analysed = TRUE)
  expect_identical(sum(named$reason == "kept"), 30L)
})

test_that("a filter that takes too many is refused with the numbers and what to do", {
  cells <- cells_with(cell = 1:600)
  cells$genes[1:400] <- 100L
  cells$mito[401:570] <- 50
  expect_snapshot(complain(bounded(cells)))
  expect_snapshot(complain(bounded(cells[571:573, ])))
})

test_that("few cells of which none goes are enough", {
  expect_identical(nrow(bounded(cells_with(cell = 1:10))), 10L)
})

test_that("quality is that of the counts, block by block", {
  batch <- batch_counts()
  parcel <- open_parcel(batch_parcel())
  genes <- annotate_genes(parcel$gene_ids, parcel$gene_names)
  found <- in_step(cell_quality(parcel, genes, batch$samples))
  counts <- as.matrix(batch$counts)
  expect_equal(found$counts, unname(colSums(counts)))
  expect_equal(found$genes, unname(colSums(counts > 0)))
  expect_equal(found$mito, unname(100 * colSums(counts[1:3, ]) / colSums(counts)))
})

test_that("that no gene is mitochondrial is said", {
  parcel <- open_parcel(parcel_from(small_counts()))
  found <- in_step(cell_quality(parcel, annotate_genes(parcel$gene_ids, parcel$gene_names), "s"))
  expect_identical(unique(found$mito), 0)
  expect_match(attr(found, "told"), "None of the genes is known as mitochondrial", all = FALSE)
})
