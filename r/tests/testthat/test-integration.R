# How many of a cell's nearest neighbours are of the other sample.
mixing <- function(embedding, samples) {
  near <- RANN::nn2(embedding, k = 11L)$nn.idx[, -1L]
  mean(samples[near] != samples[row(near)])
}

# How many of them are of another kind of cell.
blur <- function(embedding, kind) mixing(embedding, kind)

test_that("Seurat's anchors mix two samples and keep the kinds of cells apart", {
  batch <- batch_counts()
  object <- imported(batch_parcel(), integration = "rpca", min_genes = 0L, doublets = FALSE, components = 10L)
  before <- object@reductions$pca@cell.embeddings
  after <- object@reductions$integrated@cell.embeddings
  expect_lt(mixing(before, batch$samples), 0.1)
  expect_gt(mixing(after, batch$samples), 0.3)
  expect_lt(blur(after, batch$kind), 0.1)
  expect_identical(object@misc$active.reduction, "integrated")
})

python_with_harmony <- function() {
  home <- test_path("..", "..", "..")
  python <- c(file.path(home, ".tandem/venv/bin/python"), Sys.getenv("TANDEM_PYTHON"))
  python <- python[file.exists(python)]
  skip_if_not(length(python) > 0, "there is no Python environment here")
  Sys.setenv(PYTHONPATH = normalizePath(file.path(home, "python/src")))
  c(python[[1]], "-m", "tandem.exchange.harmony")
}

test_that("Harmony mixes two samples and keeps the kinds of cells apart, the same each time", {
  withr::local_envvar(PYTHONPATH = "")
  batch <- batch_counts()
  harmony <- python_with_harmony()
  folder <- withr::local_tempdir()
  request <- import_request(
    harmony = harmony, integration = "harmony", min_genes = 0L, doublets = FALSE, components = 10L
  )
  told <- import_quietly(batch_parcel(), folder, request)
  object <- readRDS(file.path(folder, "r.rds"))
  before <- object@reductions$pca@cell.embeddings
  after <- object@reductions$harmony@cell.embeddings
  expect_gt(mixing(after, batch$samples), mixing(before, batch$samples) + 0.2)
  expect_lt(blur(after, batch$kind), 0.1)
  expect_identical(object@misc$active.reduction, "harmony")
  again <- in_step(harmonised(before, batch$samples, harmony))
  expect_equal(again, unname(after), ignore_attr = TRUE, tolerance = 0)
  notes <- unlist(lapply(told, `[[`, "note"))
  expect_match(notes, "Corrected over 2 samples by harmonypy [0-9.]+", all = FALSE)
})

test_that("one sample is not integrated, and that is said", {
  folder <- withr::local_tempdir()
  request <- import_request(integration = "rpca", min_genes = 0L, layout = "none")
  told <- import_quietly(parcel_from(small_counts()), folder, request)
  expect_match(unlist(lapply(told, `[[`, "note")), "^Skipped: there is one sample", all = FALSE)
  expect_named(readRDS(file.path(folder, "r.rds"))@reductions, "pca")
})

test_that("what cannot be integrated is refused with the reason", {
  samples <- rep(c("a", "b"), c(70L, 10L))
  counts <- as_sparse(Matrix::t(small_counts()), "counts")
  expect_snapshot(complain(anchored_components(counts, Matrix::rowSums(counts), samples, 5L)))
  embedding <- matrix(0, 4, 2)
  fail <- c("sh", "-c", "echo 'it broke' >&2; exit 4")
  expect_snapshot(complain(harmonised(embedding, letters[1:4], fail)))
})
