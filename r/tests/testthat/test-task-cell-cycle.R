#: Genes without which Seurat still finds its lists: the pool for controls must be large for them.
CYCLE_GENES <- 1600L

#' Three kinds of cells: two express the genes of a phase, one those of none. Some genes are expressed by nobody.
cycling_object <- function(rename = identity, drop = character()) {
  cycle <- Seurat::cc.genes
  symbols <- setdiff(c(unlist(cycle, use.names = FALSE), paste0("GENE", seq_len(CYCLE_GENES))), drop)
  cells <- 90L
  counts <- withr::with_seed(12, {
    mean <- matrix(exp(rnorm(length(symbols), -1.5)), length(symbols), cells)
    mean[symbols %in% cycle$s.genes, seq(1, cells, 3)] <- 1.2
    mean[symbols %in% cycle$g2m.genes, seq(2, cells, 3)] <- 1.2
    mean[tail(seq_along(symbols), 150), ] <- 0
    matrix(rpois(length(mean), mean), length(symbols), cells)
  })
  symbols <- rename(symbols)
  dimnames(counts) <- list(symbols, paste0("cell-", seq_len(cells)))
  object <- plain_object(Matrix::Matrix(counts, sparse = TRUE))
  object@meta.data$cells_id <- rev(seq_len(cells)) * 2L
  object
}

seurat_cycle <- function(object) {
  suppressWarnings(Seurat::CellCycleScoring(object, Seurat::cc.genes$s.genes, Seurat::cc.genes$g2m.genes))
}

#' The phase of each cell, in the order of the ids, as a client reads the class
phases_by_id <- function(class) {
  ids <- lapply(class$children, function(child) unlist(child$cellIds))
  phases <- rep(vapply(class$children, `[[`, "", "name"), lengths(ids))
  phases[order(unlist(ids))]
}

expect_seurat_cycle <- function(object) {
  expected <- seurat_cycle(object)@meta.data
  dataset <- dataset_from(object)
  scores <- phase_scores(dataset)
  expect_equal(scores$S, expected$S.Score, tolerance = 1e-6)
  expect_equal(scores$G2M, expected$G2M.Score, tolerance = 1e-6)
  class <- answer(dataset, "CellCycleScoring")
  expect_identical(phases_by_id(class), as.character(expected$Phase)[order(expected$cells_id)])
  class
}

test_that("phases and scores are those of Seurat", {
  class <- expect_seurat_cycle(cycling_object())
  expect_identical(class[c("key", "name", "rootNode", "type")], list(
    key = "Phase", name = "Phase", rootNode = TRUE, type = "cellSets"
  ))
  expect_identical(vapply(class$children, `[[`, "", "key"), c("Phase-G1", "Phase-S", "Phase-G2M"))
  expect_identical(vapply(class$children, `[[`, "", "color"), colour_pool()[1:3])
  expect_false(is.unsorted(unlist(class$children[[1]]$cellIds)))
})

test_that("phases are those of Seurat where some of its genes are missing", {
  expect_seurat_cycle(cycling_object(drop = c("MLF1IP", "MCM5", "HN1", "TOP2A")))
})

test_that("symbols match whatever their case, as those of mice", {
  as_in_mice <- function(symbols) paste0(substr(symbols, 1, 1), tolower(substring(symbols, 2)))
  expect_seurat_cycle(cycling_object(rename = as_in_mice))
})

test_that("genes are found by their symbols where rows are other ids", {
  object <- cycling_object()
  renamed <- cycling_object(rename = function(symbols) paste0("ENSG", seq_along(symbols)))
  renamed@misc$gene_annotations <- data.frame(
    input = rownames(renamed), name = paste(rownames(object), "-", rownames(renamed)), original_name = rownames(object)
  )
  by_symbol <- phase_scores(dataset_from(object))
  expect_identical(phase_scores(dataset_from(renamed)), by_symbol)
  renamed@misc$gene_annotations <- data.frame(input = rownames(renamed), name = rownames(object))
  expect_identical(phase_scores(dataset_from(renamed)), by_symbol)
})

test_that("random numbers drawn elsewhere change nothing and are not disturbed", {
  dataset <- dataset_from(cycling_object())
  first <- phase_scores(dataset)
  set.seed(99)
  before <- .Random.seed
  expect_identical(phase_scores(dataset), first)
  expect_identical(.Random.seed, before)
})

test_that("where genes do not suffice, all cells are in one set", {
  for (object in list(small_object(), cycling_object(drop = Seurat::cc.genes$s.genes))) {
    class <- answer(dataset_from(object), "CellCycleScoring")
    expect_length(class$children, 1)
    only <- class$children[[1]]
    expect_identical(only[c("key", "name")], list(
      key = "Phase-Undetermined_cycle_phase", name = "Undetermined cycle phase"
    ))
    expect_identical(unlist(only$cellIds), sort(object@meta.data$cells_id))
  }
})

test_that("phases of the demo are those of Seurat", {
  object <- readRDS(file.path(demo_experiment(), "r.rds"))
  known <- object@misc$gene_annotations
  rows <- function(symbols) na.omit(known$input[match(symbols, known$original_name)])
  cycle <- Seurat::cc.genes
  expected <- Seurat::CellCycleScoring(
    object, rows(cycle$s.genes), rows(cycle$g2m.genes), ctrl = min(lengths(cycle))
  )@meta.data
  found <- phases_by_id(answer(demo_dataset(), "CellCycleScoring"))
  expect_identical(found, as.character(expected$Phase)[order(expected$cells_id)])
})
