#' A dataset whose file stays until the test ends.
filed_dataset <- function(object, env = parent.frame()) {
  path <- file.path(withr::local_tempdir(.local_envir = env), "r.rds")
  saveRDS(object, path, compress = FALSE)
  load_dataset(path, "small")
}

cell_set <- function(name, ids) list(key = name, name = name, rootNode = FALSE, color = "#123456", cellIds = ids)
set_class <- function(key, name, type, ...) list(key = key, name = name, rootNode = TRUE, type = type, children = list(...))

some_classes <- function(ids) list(
  set_class("louvain", "louvain clusters", "cellSets", cell_set("Cluster 0", ids[31:70]), cell_set("Alpha", ids[1:30])),
  set_class("scratchpad", "Custom cell sets", "cellSets", cell_set("mine", ids[1:3]), cell_set("mine", ids[80])),
  set_class("sample", "Samples", "metadataCategorical", cell_set("S one", ids[1:40]), cell_set("S two", ids[41:80])),
  set_class("track", "Treatment", "metadataCategorical", cell_set("drug", ids)),
  set_class("uuid", "ScType-Liver-human", "cellSets", cell_set("Hepatocyte", ids[5:9]), cell_set("None", list())),
  set_class("other", "percent.mt", "cellSets", cell_set("high", ids[2]))
)

downloaded <- function(dataset, ..., isObj2s = FALSE, embeddingMethod = "umap") {
  params <- list(..., isObj2s = isObj2s, embeddingMethod = embeddingMethod)
  result <- task_handler("DownloadAnnotSeuratObject")(dataset, params)
  withr::defer(unlink(result$path))
  expect_identical(result$content_type, "application/octet-stream")
  object <- readRDS(result$path)
  expect_true(methods::validObject(object))
  object
}

#' An object with its RNA in front and in one piece, as Seurat 4 gets it: Seurat 5 keeps assays and layers as they came
rna_of <- function(object) {
  SeuratObject::DefaultAssay(object) <- "RNA"
  if (!is_assay5(object[["RNA"]])) return(object)
  getExportedValue("SeuratObject", "JoinLayers")(object)
}

test_that("cell sets are columns of the object", {
  object <- small_object()
  ids <- object@meta.data$cells_id
  found <- downloaded(filed_dataset(object), cellSets = some_classes(ids), isObj2s = TRUE)@meta.data
  expect_identical(as.character(found$samples), rep(c("S one", "S two"), each = 40))
  expect_identical(as.character(found$seurat_clusters), rep(c("Alpha", "Cluster 0", NA), c(30, 40, 10)))
  expect_identical(levels(found$seurat_clusters), c("Cluster 0", "Alpha"))
  expect_identical(which(found[["custom_cellset-mine"]]), 1:3)
  expect_identical(which(found[["custom_cellset-mine.1"]]), 80L)
  expect_identical(which(found[["ScType-Liver-human"]] == "Hepatocyte"), 5:9)
  expect_identical(found$percent.mt, object@meta.data$percent.mt)
  expect_identical(which(found$percent.mt.1 == "high"), 2L)
  expect_null(found$Treatment)
  expect_identical(anyDuplicated(names(found)), 0L)
})

test_that("expression and all else stay as they were, and Seurat works with the result", {
  object <- small_object()
  found <- downloaded(filed_dataset(object), cellSets = some_classes(object@meta.data$cells_id))
  expect_identical(found@assays$RNA@data, object@assays$RNA@data)
  expect_identical(found@misc, object@misc)
  expect_identical(levels(SeuratObject::Idents(found)), c("Cluster 0", "Alpha"))
  markers <- Seurat::FindMarkers(found, ident.1 = "Alpha", ident.2 = "Cluster 0", verbose = FALSE)
  expect_gt(nrow(markers), 0)
  expect_identical(ncol(subset(found, idents = "Alpha")), 30L)
})

test_that("the layout that was sent is a reduction; cells without a place have none", {
  dataset <- filed_dataset(small_object())
  embedding <- vector("list", max(dataset$cells_id) + 1L)
  for (id in dataset$cells_id[-2]) embedding[[id + 1L]] <- c(id, -id / 2)
  for (method in c("umap", "tsne")) {
    found <- downloaded(dataset, cellSets = list(), embedding = embedding, embeddingMethod = method)
    reduction <- found@reductions[[method]]
    expect_identical(reduction@key, c(umap = "UMAP_", tsne = "tSNE_")[[method]])
    expected <- cbind(dataset$cells_id, -dataset$cells_id / 2)
    expected[2, ] <- NA
    expect_equal(unname(reduction@cell.embeddings), expected)
    expect_identical(rownames(reduction@cell.embeddings), colnames(found))
  }
})

test_that("without a layout it is computed; an object that was uploaded keeps its own", {
  dataset <- filed_dataset(small_object())
  found <- downloaded(dataset, cellSets = list())
  expect_equal(unname(found@reductions$umap@cell.embeddings), unname(embed_umap(components_of(dataset))))
  expect_named(downloaded(dataset, cellSets = list(), isObj2s = TRUE)@reductions, "pca")
})

test_that("an object of Seurat 5 is written as one that opens here", {
  for (name in c("several", "divided")) {
    path <- file.path(withr::local_tempdir(), "r.rds")
    file.copy(test_path("fixtures", sprintf("seurat5-%s.rds", name)), path)
    dataset <- load_dataset(path, "five")
    sets <- list(set_class("louvain", "louvain clusters", "cellSets", cell_set("first", 0:9), cell_set("rest", 10:39)))
    found <- rna_of(downloaded(dataset, cellSets = sets))
    expect_identical(as.vector(table(SeuratObject::Idents(found))), c(10L, 30L))
    expect_equal(dim(found), c(60, 40))
    expect_equal(ncol(subset(found, idents = "rest")), 30)
    expect_gt(nrow(Seurat::FindMarkers(found, ident.1 = "first", logfc.threshold = 0, verbose = FALSE)), 0)
  }
})

test_that("a class without sets, or without a name, is a column all the same", {
  object <- small_object()
  sets <- list(set_class("none", "Empty", "cellSets"), set_class("nameless", "", "cellSets", cell_set("one", 1e6)))
  found <- downloaded(filed_dataset(object), cellSets = sets, isObj2s = TRUE)@meta.data
  expect_true(all(is.na(found$Empty)))
  expect_true(all(is.na(found$nameless)))
})

test_that("cell sets that are none are refused with their place", {
  dataset <- filed_dataset(small_object())
  refused <- function(...) expect_snapshot(complain(downloaded(dataset, cellSets = list(...), isObj2s = TRUE)))
  refused("louvain")
  refused(list(name = "no key"))
  refused(list(key = "louvain", children = "a"))
  refused(list(key = "scratchpad", children = list(list(key = "a", name = c("b", "c"), cellIds = 1))))
  refused(set_class("sample", "Samples", "metadataCategorical"), list(key = "a", name = 1, type = "cellSets"))
})

test_that("what is wrong is said", {
  dataset <- filed_dataset(small_object())
  expect_snapshot(complain(downloaded(dataset)))
  expect_snapshot(complain(downloaded(dataset, cellSets = list(), embeddingMethod = "pca")))
  saveRDS(small_object()[, 1:50], dataset$path)
  expect_snapshot(complain(downloaded(dataset, cellSets = list(), isObj2s = TRUE)))
})
