test_that("an experiment is read as the pipeline left it", {
  object <- small_object()
  dataset <- dataset_from(object)
  expect_s3_class(dataset, "tandem_dataset")
  expect_identical(dataset$experiment_id, "small")
  expect_identical(dataset$cells_id, object@meta.data$cells_id)
  expect_identical(c(dataset$n_cells, dataset$n_genes), c(SMALL_CELLS, SMALL_GENES))
  expect_identical(dataset$genes$input, rownames(small_counts()))
  expect_identical(dataset$genes$name[3], "GENE3")
  expect_identical(dataset$dispersion$dispersions, object@misc$gene_dispersion$variance.standardized)
  expect_identical(dataset$dispersion$gene_names, object@misc$gene_dispersion$SYMBOL)
})

test_that("names are found by id, whatever the order of the annotations", {
  object <- small_object()
  object@misc$gene_annotations <- object@misc$gene_annotations[rev(seq_len(SMALL_GENES))[-1], ]
  genes <- dataset_from(object)$genes
  expect_identical(genes$name[1:2], c("GENE1", "GENE2"))
  expect_identical(genes$name[SMALL_GENES], paste0("ENSG", SMALL_GENES))
})

test_that("an ordinary Seurat object works without anything of the pipeline's", {
  dataset <- dataset_from(plain_object())
  expect_identical(dataset$cells_id, seq_len(SMALL_CELLS) - 1L)
  expect_identical(dataset$genes$name, rownames(small_counts()))
  expect_identical(dataset$dispersion$gene_names, dataset$genes$name)
  expect_true(all(is.finite(dataset$dispersion$dispersions)))
  expect_error(answer(dataset, "getMitochondrialContent"), class = "tandem_task_error")
})

test_that("dispersions with a nameless column of symbols are taken by gene id", {
  object <- small_object()
  object@misc$gene_dispersion$ENSEMBL <- NULL
  colnames(object@misc$gene_dispersion)[3:4] <- c("variance.standardized", NA)
  dataset <- dataset_from(object)
  expect_identical(dataset$dispersion$gene_names, dataset$genes$name)
})

test_that("expression cannot be read from the object by mistake", {
  dataset <- small_dataset()
  expect_error(suppressWarnings(SeuratObject::GetAssayData(dataset$object)))
})

test_that("ids of cells that are not whole, or not each cell's own, are refused", {
  object <- small_object()
  object@meta.data$cells_id[2] <- object@meta.data$cells_id[1]
  expect_error(dataset_from(object), "a whole number of its own", class = "tandem_dataset_error")
  object@meta.data$cells_id <- NA
  expect_error(dataset_from(object), class = "tandem_dataset_error")
})

test_that("a column whose name only begins with that of another is not taken for it", {
  object <- sample_object()
  names(object@meta.data)[match(c("cells_id", "samples"), names(object@meta.data))] <- c("cells_id_raw", "samples_old")
  dataset <- dataset_from(object)
  expect_identical(dataset$cells_id, seq_len(SAMPLE_CELLS) - 1L)
  expect_error(compare(dataset, 0:99, 100:199, type = "between"), "does not say which sample")
})

test_that("a file that holds no experiment is refused in plain words", {
  path <- withr::local_tempfile(fileext = ".rds")
  writeLines("half a file", path)
  expect_error(load_dataset(path, "x"), "cannot be read as an R data file", class = "tandem_dataset_error")
  saveRDS(mtcars, path)
  expect_error(load_dataset(path, "x"), "holds a 'data.frame', not a Seurat object", class = "tandem_dataset_error")
  expect_error(load_dataset(file.path(path, "absent"), "x"), class = "tandem_dataset_error")
})

test_that("an object without an assay, or with an empty one, is refused", {
  object <- small_object()
  object@assays$RNA@counts <- object@assays$RNA@data <- new("dgCMatrix")
  expect_error(dataset_from(object), "neither counts nor data", class = "tandem_dataset_error")
  object@assays <- list()
  expect_error(dataset_from(object), "has no assay", class = "tandem_dataset_error")
})

test_that("an experiment of a single cell is read", {
  object <- plain_object(small_counts()[, 1L, drop = FALSE])
  dataset <- dataset_from(object)
  expect_identical(dataset$n_cells, 1L)
  expect_true(all(is.finite(dataset$dispersion$dispersions)))
})

test_that("ids of cells beyond 32 bits are refused", {
  for (id in c(3e9, Inf)) {
    object <- small_object()
    object@meta.data$cells_id <- replace(as.numeric(object@meta.data$cells_id), 2L, id)
    expect_error(dataset_from(object), "whole number of its own")
  }
})
