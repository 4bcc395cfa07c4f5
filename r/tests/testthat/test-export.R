#' An experiment's folder until the test ends, with cell sets as a user has left them.
experiment_folder <- function(object = small_object(), classes = user_classes(object), env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  saveRDS(object, file.path(folder, "r.rds"), compress = FALSE)
  write_json(list(cellSets = classes), file.path(folder, "cell_sets.json"))
  folder
}

user_set <- function(name, ids, color = "#123456") {
  list(
    key = scalar(paste("key", name)), name = scalar(name), rootNode = scalar(FALSE), color = scalar(color),
    cellIds = as.integer(ids)
  )
}

user_class <- function(key, name, ...) {
  list(key = scalar(key), name = scalar(name), type = scalar("metadataCategorical"), children = list(...))
}

user_classes <- function(object) {
  ids <- cell_ids(object@meta.data)
  list(
    user_class("louvain", "clusters", user_set("Cluster 0", ids[31:70], "#ee8866"), user_set("Älpha", ids[1:30])),
    user_class("scratchpad", "Custom cell sets", user_set("mine", ids[1:3]), user_set("mine", 99999L)),
    user_class("sample", "Samples", user_set("S one", ids[1:40]), user_set("S two", ids[41:80], "#abcdef")),
    user_class("track", "Treatment", user_set("drug", ids, NA_character_))
  )
}

exported <- function(folder, env = parent.frame()) {
  parcel <- file.path(withr::local_tempdir(.local_envir = env), "parcel")
  printed <- utils::capture.output(export_parcel(folder, parcel))
  c(open_parcel(parcel), printed = list(printed))
}

whole_layer <- function(parcel, layer) parcel_cells(parcel, layer, 1L, parcel$n_cells)

test_that("a parcel has the numbers that Seurat has, in their order", {
  object <- small_object()
  parcel <- exported(experiment_folder(object))
  for (layer in c("counts", "data")) {
    theirs <- seurat_layer(object, layer)
    ours <- whole_layer(parcel, layer)
    expect_equal(ours@p, theirs@p)
    expect_identical(ours@i, theirs@i)
    expect_identical(ours@x, as_float32(theirs@x))
  }
  expect_identical(parcel$barcodes, colnames(object))
  expect_identical(parcel$gene_ids, rownames(object))
  expect_identical(parcel$gene_names, object@misc$gene_annotations$name)
  expect_named(parcel$reductions, "pca")
  expect_identical(parcel$reductions$pca, unname(Seurat::Embeddings(object, "pca")))
  expect_true(parcel$notes$analysed)
})

test_that("cell sets are columns beside those of the cells, with their colours", {
  object <- small_object()
  object@meta.data$flag <- rep_len(c(TRUE, FALSE, NA), 80)
  object@meta.data$day <- as.Date("2024-01-01") + rep_len(0:1, 80)
  object@meta.data$with_na_level <- addNA(factor(rep_len(c("x", NA), 80)))
  object@meta.data$several <- I(rep_len(list(1:2), 80))
  parcel <- exported(experiment_folder(object))
  columns <- parcel$columns
  for (kept in c("nCount_RNA", "percent.mt", "doublet_scores", "flag")) {
    expect_identical(columns[[kept]], object@meta.data[[kept]], label = kept)
  }
  expect_identical(columns$cells_id, as.numeric(object@meta.data$cells_id))
  expect_identical(levels(columns$day), c("2024-01-01", "2024-01-02"))
  expect_identical(levels(columns$with_na_level), "x")
  expect_null(columns$several)
  expect_match(parcel$printed, "left out: column 'several'", all = FALSE)
  expect_identical(as.character(columns$seurat_clusters), rep(c("Älpha", "Cluster 0", NA), c(30, 40, 10)))
  expect_identical(parcel$colours$seurat_clusters, c("#ee8866", "#123456"))
  expect_identical(as.character(columns$samples), rep(c("S one", "S two"), each = 40))
  expect_identical(parcel$colours$samples, c("#123456", "#abcdef"))
  expect_identical(which(columns[["custom_cellset-mine"]]), 1:3)
  expect_identical(sum(columns[["custom_cellset-mine.1"]]), 0L)
  expect_identical(levels(columns$Treatment), "drug")
  expect_null(parcel$colours$Treatment)
})

test_that("cell_sets.json goes along as it is", {
  folder <- experiment_folder()
  parcel <- exported(folder)
  text <- function(folder) readLines(file.path(folder, "cell_sets.json"), warn = FALSE)
  expect_identical(text(parcel$folder), text(folder))
})

test_that("zeros that are stored are none, and numbers that are no counts are left out", {
  object <- small_object()
  object@assays$RNA@data@x[5] <- 0
  object@assays$RNA@counts@x[2] <- 0.5
  parcel <- exported(experiment_folder(object))
  expect_identical(parcel$layers, "data")
  expect_identical(length(whole_layer(parcel, "data")@x), length(object@assays$RNA@data@x) - 1L)
  expect_match(parcel$printed, "left out: the counts", all = FALSE)
})

test_that("an object without anything of the pipeline's is exported too", {
  object <- plain_object()
  parcel <- exported(experiment_folder(object, cell_sets_of(object)$cellSets))
  expect_identical(parcel$columns$cells_id, as.numeric(0:79))
  expect_identical(parcel$gene_names, rownames(object))
  expect_length(parcel$reductions, 0)
})

test_that("a matrix is looked at block by block, all of it once", {
  for (n in c(0L, 1L, 10L, 19L, 20L, 21L)) {
    expect_identical(as.integer(unlist(each_block(seq_len(n), identity, size = 10))), seq_len(n))
  }
  expect_identical(lengths(each_block(1:21, identity, size = 10)), c(10L, 10L, 1L))
})

for (name in c("several", "divided")) {
  test_that(paste("an object of Seurat 5 is exported with the numbers that it has there:", name), {
    facts <- readRDS(test_path("fixtures", "seurat5-answers.rds"))[[name]]
    object <- read_object(test_path("fixtures", sprintf("seurat5-%s.rds", name)))
    folder <- withr::local_tempdir()
    file.copy(test_path("fixtures", sprintf("seurat5-%s.rds", name)), file.path(folder, "r.rds"))
    write_json(cell_sets_of(object), file.path(folder, "cell_sets.json"))
    parcel <- exported(folder)
    for (layer in c("counts", "data")) {
      ours <- as.matrix(whole_layer(parcel, layer))
      dimnames(ours) <- list(parcel$gene_ids, parcel$barcodes)
      expect_identical(ours, as_float32(as.matrix(facts[[layer]])[rownames(ours), colnames(ours)]))
    }
  })
}

test_that("an R data file opens in Seurat, which draws and compares", {
  object <- small_object()
  embedding <- matrix(seq_len(160) / 7, 80, dimnames = list(colnames(object), c("UMAP_1", "UMAP_2")))
  object@reductions$umap <- SeuratObject::CreateDimReducObject(embedding, key = "UMAP_", assay = "RNA")
  folder <- experiment_folder(object)
  path <- file.path(folder, "out.rds")
  utils::capture.output(export_rds(folder, path))
  found <- readRDS(path)
  expect_true(methods::validObject(found))
  for (slot in c("counts", "data")) {
    expect_identical(seurat_layer(found, slot), seurat_layer(object, slot))
  }
  expect_identical(found@reductions, object@reductions)
  expect_identical(levels(SeuratObject::Idents(found)), c("Cluster 0", "Älpha"))
  expect_identical(attributes(found@meta.data$samples), list(levels = c("S one", "S two"), class = "factor"))
  markers <- Seurat::FindMarkers(found, ident.1 = "Älpha", ident.2 = "Cluster 0", verbose = FALSE)
  expect_gt(nrow(markers), 0)
  expect_s3_class(Seurat::DimPlot(found, group.by = "Treatment"), "ggplot")
  text <- readChar(file.path(folder, "cell_sets.json"), file.size(file.path(folder, "cell_sets.json")), useBytes = TRUE)
  expect_identical(charToRaw(found@misc$tandem$cell_sets), charToRaw(text))
  expect_identical(readBin(path, "raw", 2), as.raw(c(0x1f, 0x8b)))
})

test_that("what cannot be exported is said in words", {
  expect_snapshot({
    complain(parse_cell_sets("{"))
    complain(parse_cell_sets("[]"))
    complain(cell_set_columns(0:3, list(list(key = "louvain", children = list(list(key = "A", cellIds = "x"))))))
    complain(cell_set_columns(0:3, list(list(key = "scratchpad", children = list()), list(name = "no key"))))
  })
})
