# A seeded experiment of several samples in two conditions, for comparisons of cell sets and of samples.

SAMPLE_GENES <- 300L
SAMPLE_CELLS <- 360L
SAMPLES <- paste0("s", 1:6)

#' Counts in which a condition, a kind of cell and a sample each make a difference; the last gene is silent.
sample_counts <- function(meta) {
  withr::with_seed(11, {
    mean <- matrix(exp(rnorm(SAMPLE_GENES, 0.5)), SAMPLE_GENES, SAMPLE_CELLS)
    mean <- mean * rep(runif(SAMPLE_CELLS, 0.5, 2), each = SAMPLE_GENES)
    of_sample <- matrix(exp(rnorm(SAMPLE_GENES * 6L, sd = 0.3)), SAMPLE_GENES, dimnames = list(NULL, SAMPLES))
    mean <- mean * of_sample[, meta$samples]
    mean[1:20, meta$condition == "treated"] <- 4 * mean[1:20, meta$condition == "treated"]
    mean[21:40, meta$kind == "b"] <- 5 * mean[21:40, meta$kind == "b"]
    mean[SAMPLE_GENES, ] <- 0
    counts <- matrix(rnbinom(length(mean), mu = mean, size = 4), SAMPLE_GENES)
  })
  dimnames(counts) <- list(paste0("ENSG", seq_len(SAMPLE_GENES)), paste0("cell-", seq_len(SAMPLE_CELLS)))
  Matrix::Matrix(counts, sparse = TRUE)
}

#' Six samples, three of them treated, two kinds of cells in each; cells come mixed, their ids have gaps, and two genes
#' share a symbol.
sample_object <- function() {
  made$samples <- made$samples %||% make_sample_object()
  made$samples
}

make_sample_object <- function() {
  meta <- withr::with_seed(12, data.frame(samples = sample(rep(SAMPLES, SAMPLE_CELLS / 6L)), kind = "a"))
  meta$condition <- ifelse(meta$samples %in% SAMPLES[1:3], "control", "treated")
  withr::with_seed(13, meta$kind[sample(SAMPLE_CELLS, SAMPLE_CELLS / 2L)] <- "b")
  counts <- sample_counts(meta)
  object <- plain_object(counts)
  object@meta.data[names(meta)] <- meta
  object@meta.data$cells_id <- setdiff(0:999, seq(0L, 999L, 3L))[seq_len(SAMPLE_CELLS)]
  original <- paste0("SYM", seq_len(SAMPLE_GENES))
  original[8] <- original[7]
  name <- original
  name[7:8] <- paste(original[7:8], rownames(counts)[7:8], sep = " - ")
  object@misc$gene_annotations <- data.frame(
    input = rownames(counts), name = name, original_name = original, row.names = rownames(counts)
  )
  object@misc$gene_dispersion <- data.frame(variance.standardized = 1, SYMBOL = name, row.names = rownames(counts))
  object
}

#' The same experiment with its cells and genes in another order, or only some of them.
rearranged <- function(object, genes = seq_len(SAMPLE_GENES), cells = seq_len(SAMPLE_CELLS)) {
  assay <- object@assays$RNA
  found <- plain_object(assay@counts[genes, cells, drop = FALSE], normalise = FALSE)
  found@assays$RNA@data <- assay@data[genes, cells, drop = FALSE]
  found@meta.data <- object@meta.data[cells, ]
  found@misc <- object@misc
  found
}

sample_dataset <- function() {
  made$sample_dataset <- made$sample_dataset %||% dataset_from(sample_object())
  made$sample_dataset
}

#' Ids of the cells for which a condition on the metadata holds.
ids_where <- function(object, condition) {
  object@meta.data$cells_id[eval(substitute(condition), object@meta.data, parent.frame())]
}

#' An answer's table as a data frame, what is null as NA.
table_of <- function(answer) {
  columns <- lapply(answer$data, function(column) {
    unlist(lapply(column, function(value) if (is.null(value)) NA else value))
  })
  as.data.frame(columns)
}

compare <- function(dataset, base, background, ..., type = "within") {
  request <- list(baseCells = base, backgroundCells = background, genesOnly = FALSE, comparisonType = type)
  answer(dataset, "DifferentialExpression", utils::modifyList(request, list(...)))
}

#' The same table in the dataset's order of genes.
in_dataset_order <- function(table, dataset) table[match(dataset$genes$input, table$Gene), ]

p_of <- function(x, y) suppressWarnings(stats::wilcox.test(x, y, exact = FALSE, correct = TRUE))$p.value

expect_same_p <- function(found, expected) {
  expect_identical(is.na(found), is.na(expected))
  expect_lt(max(abs(found / expected - 1), na.rm = TRUE), 1e-10)
}
