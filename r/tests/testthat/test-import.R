folder_of_counts <- function(counts, env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  writeLines(colnames(counts), file.path(folder, "barcodes.tsv"))
  writeLines(sprintf("%s\t%s\tGene Expression", rownames(counts), rownames(counts)), file.path(folder, "features.tsv"))
  Matrix::writeMM(counts, file.path(folder, "matrix.mtx"))
  folder
}

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

# Built once: cells 1, 10 and 51 are debris.
counts_with_debris <- small_counts(400L, 250L)
counts_with_debris[60:400, c(1, 10, 51)] <- 0
folder_with_debris <- folder_of_counts(counts_with_debris, teardown_env())
printed <- capture.output(built <- build_experiment(folder_with_debris, folder_with_debris, "debris"))

test_that("the same counts give the same files", {
  again <- withr::local_tempdir()
  capture.output(build_experiment(folder_with_debris, again, "debris"))
  files <- c("r.rds", "cell_sets.json", file.path("store", list.files(file.path(again, "store"))))
  expect_length(files, 7)
  for (file in files) {
    sums <- tools::md5sum(file.path(c(again, folder_with_debris), file))
    expect_identical(sums[[1]], sums[[2]])
  }
  expect_setequal(list.files(again, all.files = TRUE, no.. = TRUE), c("r.rds", "cell_sets.json", "store"))
})

test_that("each step is told with its time", {
  expect_length(printed, 9)
  expect_match(printed, "^step [1-9] of 9 [a-z ]+ \\.\\.\\. [0-9.]+ s$")
})

test_that("cells that were filtered leave gaps in the ids", {
  kept <- unname(which(colSums(as.matrix(counts_with_debris) > 0) >= FEWEST_GENES))
  expect_false(any(c(1, 10, 51) %in% kept))
  expect_identical(built@meta.data$cells_id, kept - 1L)
  expect_identical(load_dataset(file.path(folder_with_debris, "r.rds"), "debris")$cells_id, kept - 1L)
})

test_that("too few cells are refused", {
  folder <- folder_of_counts(small_counts())
  build <- function() capture.output(build_experiment(folder, folder, "few"))
  expect_error(build(), "too few to analyse", class = "tandem_dataset_error")
})

test_that("a file is put in place whole or not at all", {
  path <- file.path(withr::local_tempdir(), "r.rds")
  writeLines("old", path)
  expect_error(put_in_place(path, function(beside) {
    writeLines("half", beside)
    stop("out of room")
  }))
  expect_identical(readLines(path), "old")
  expect_identical(list.files(dirname(path)), "r.rds")
})
