mean_by_cluster <- function(dataset, gene) {
  column <- expression_of(dataset, match(gene, dataset$genes$name))[[1]]
  values <- numeric(dataset$n_cells)
  values[column$cell + 1L] <- column$value
  tapply(values, dataset$object@meta.data$seurat_clusters, mean)
}

test_that("the demo has clusters that its marker genes tell apart", {
  dataset <- demo_dataset()
  clusters <- dataset$object@meta.data$seurat_clusters
  expect_gt(nlevels(clusters), 4)
  best <- vapply(c("CD14", "MS4A1", "GNLY", "CD3D"), function(gene) which.max(mean_by_cluster(dataset, gene)), 0L)
  expect_identical(anyDuplicated(best), 0L)
  for (gene in c("CD14", "MS4A1", "GNLY")) {
    means <- sort(mean_by_cluster(dataset, gene), decreasing = TRUE)
    expect_gt(means[[1]], 2 * means[[2]])
  }
  expect_identical(which.max(mean_by_cluster(dataset, "NKG7")), which.max(mean_by_cluster(dataset, "GNLY")))
})

test_that("the demo answers every analysis", {
  dataset <- demo_dataset()
  for (name in c("getDoubletScore", "getMitochondrialContent", "getNGenes", "getNUmis")) {
    values <- numbers(answer(dataset, name))
    expect_length(values[!is.na(values)], dataset$n_cells)
    expect_true(all(is.finite(values[dataset$cells_id + 1L])))
  }
  saved <- answer(dataset, "getEmbedding", list(type = "umap", use_saved = TRUE))
  expect_identical(answer(dataset, "getEmbedding", list(type = "umap")), saved)
})

test_that("the cell sets hold the cells of the object, each in one cluster", {
  sets <- jsonlite::fromJSON(file.path(demo_experiment(), "cell_sets.json"), simplifyVector = FALSE)$cellSets
  ids <- unlist(lapply(sets[[1]]$children, `[[`, "cellIds"))
  expect_identical(sort(ids), sort(demo_dataset()$cells_id))
})

# Imported once: cells 1, 10 and 51 are debris.
counts_with_debris <- small_counts(400L, 250L)
counts_with_debris[60:400, c(1, 10, 51)] <- 0
debris_folder <- withr::local_tempdir(.local_envir = teardown_env())
told <- import_quietly(parcel_from(counts_with_debris), debris_folder, import_request("debris"))
debris <- readRDS(file.path(debris_folder, "r.rds"))

sums_of <- function(folder) {
  files <- setdiff(list.files(folder, recursive = TRUE), c("import.json", "report.html"))
  tools::md5sum(file.path(folder, files)) |> setNames(files)
}

test_that("the same counts give the same files, whatever the threads and the format they came in", {
  withr::local_envvar(TANDEM_THREADS = "1")
  again <- withr::local_tempdir()
  notes <- list(format = "h5ad", files = list(list(name = "a.h5ad", bytes = 1)), analysed = FALSE)
  import_quietly(parcel_from(counts_with_debris, notes = notes), again, import_request("debris"))
  expect_length(sums_of(again), 7)
  expect_identical(sums_of(again), sums_of(debris_folder))
})

test_that("the report shows the samples in the same order, whatever the language of the machine", {
  counts <- small_counts()
  parcel <- parcel_from(counts, columns = list(samples = factor(rep_len(c("ko-2", "ko_1", "Wt"), ncol(counts)))))
  request <- import_request(doublets = FALSE, clustering = "none", layout = "none", min_genes = NULL)
  report <- function(collation) {
    folder <- withr::local_tempdir()
    withr::with_collate(collation, import_quietly(parcel, folder, request))
    readLines(file.path(folder, "report.html"))
  }
  expect_identical(report("C.UTF-8"), report("C"))
})

test_that("each step is told as it begins and as it ends", {
  begun <- Filter(function(line) line$state == "begins", told)
  expect_identical(vapply(begun, `[[`, "", "step"), setdiff(names(STEP_LABELS), "integration"))
  expect_identical(vapply(begun, `[[`, 0L, "number"), 1:12)
  expect_identical(unique(vapply(begun, `[[`, 0L, "of")), 12L)
  done <- Filter(function(line) line$state == "done", told)
  expect_identical(vapply(done, `[[`, "", "step"), vapply(begun, `[[`, "", "step"))
  expect_true(all(vapply(done, `[[`, 0, "seconds") >= 0))
  expect_identical(Filter(function(line) line$step == "filter", done)[[1]]$note, "168 cells kept of 250.")
})

test_that("cells that were filtered leave gaps in the ids", {
  kept <- unname(which(colSums(as.matrix(counts_with_debris) > 0) >= 200))
  expect_false(any(c(1, 10, 51) %in% kept))
  expect_identical(debris@meta.data$cells_id, kept - 1L)
  expect_identical(load_dataset(file.path(debris_folder, "r.rds"), "debris")$cells_id, kept - 1L)
})

test_that("the store is of the r.rds, so that it is not made anew", {
  path <- file.path(debris_folder, "r.rds")
  expect_null(store_fault(file.path(debris_folder, "store"), checksum_of_file(path, 1L)))
  dataset <- load_dataset(path, "debris")
  expect_identical(dense_layer(dataset, "counts"), as.matrix(debris@assays$RNA@counts))
  expect_identical(dense_layer(dataset, "data"), as_float32(as.matrix(debris@assays$RNA@data)))
})

test_that("what was done is written down, and only there", {
  record <- jsonlite::read_json(file.path(debris_folder, "import.json"))
  expect_identical(record$cells, 168L)
  expect_match(record$date, "^20..-..-..T..:..:..Z$")
  expect_identical(record$steps$filter, "168 cells kept of 250.")
  expect_true(all(c("R", "Seurat", "irlba") %in% names(record$versions)))
  expect_identical(record$options$min_genes, 200L)
  expect_identical(debris@misc$name, "The experiment debris")
  expect_null(debris@misc$ingestionDate)
})

test_that("steps that are switched off are not counted, and leave nothing", {
  folder <- withr::local_tempdir()
  request <- import_request(
    doublets = FALSE, clustering = "none", layout = "none", empty_droplets = "keep", min_genes = NULL
  )
  lines <- import_quietly(parcel_from(small_counts()), folder, request)
  steps <- vapply(Filter(function(line) line$state == "begins", lines), `[[`, "", "step")
  expect_identical(steps, c("read", "filter", "normalise", "variable", "components", "report", "write"))
  object <- readRDS(file.path(folder, "r.rds"))
  expect_named(object@reductions, "pca")
  expect_length(object@graphs, 0L)
  expect_false(any(c("seurat_clusters", "doublet_scores") %in% names(object@meta.data)))
  expect_identical(nrow(object@meta.data), SMALL_CELLS)
})

test_that("one component is enough for an import, not for a layout", {
  object <- imported(parcel_from(small_counts()[1:2, ]), doublets = FALSE, empty_droplets = "keep", min_genes = 0L)
  expect_named(object@reductions, "pca")
  expect_identical(ncol(object@reductions$pca@cell.embeddings), 1L)
})

test_that("cells that score as doublets go where that is asked for, from the store too", {
  folder <- withr::local_tempdir()
  scores <- debris@meta.data$doublet_scores
  bound <- round(stats::quantile(scores, 0.9)[[1]], 2) + 0.005 # between two scores
  object <- imported(parcel_from(counts_with_debris), max_doublet_score = bound, folder = folder)
  expect_identical(object@meta.data$cells_id, debris@meta.data$cells_id[scores <= bound])
  dataset <- load_dataset(file.path(folder, "r.rds"), "small")
  expect_identical(dense_layer(dataset, "counts"), as.matrix(object@assays$RNA@counts))
})

test_that("residuals of SCTransform give the components, and expression stays log-normalised", {
  object <- imported(parcel_from(counts_with_debris), normalisation = "sct", variable_genes = 100L, components = 10L)
  expect_identical(object@assays$RNA@data, debris@assays$RNA@data)
  seurat <- SeuratObject::CreateSeuratObject(object@assays$RNA@counts)
  seurat <- suppressWarnings(Seurat::SCTransform(seurat, variable.features.n = 100L, seed.use = 42, verbose = FALSE))
  seurat <- suppressWarnings(Seurat::RunPCA(seurat, npcs = 10L, verbose = FALSE))
  expect_identical(object@assays$RNA@var.features, Seurat::VariableFeatures(seurat))
  expect_equal(abs(object@reductions$pca@cell.embeddings), abs(seurat@reductions$pca@cell.embeddings), tolerance = 1e-5)
  expect_identical(object@misc$normalisation, "sct")
})
