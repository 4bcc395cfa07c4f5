# An import against Seurat, called plainly.

plain_seurat <- function(object, n_components = 30L) {
  seurat <- SeuratObject::CreateSeuratObject(object@assays$RNA@counts)
  seurat <- Seurat::NormalizeData(seurat, verbose = FALSE)
  seurat <- Seurat::FindVariableFeatures(seurat, verbose = FALSE)
  seurat <- Seurat::ScaleData(seurat, verbose = FALSE)
  seurat <- suppressWarnings(Seurat::RunPCA(seurat, npcs = n_components, verbose = FALSE))
  seurat <- Seurat::FindNeighbors(seurat, dims = seq_len(n_components), verbose = FALSE)
  Seurat::FindClusters(seurat, resolution = 0.8, verbose = FALSE)
}

expect_parity <- function(object) {
  seurat <- plain_seurat(object)
  mitochondrial <- grep("^MT-", object@misc$gene_annotations$original_name)
  percent <- Seurat::PercentageFeatureSet(seurat, features = rownames(seurat)[mitochondrial])
  expect_identical(object@meta.data$nCount_RNA, unname(seurat$nCount_RNA))
  expect_equal(object@meta.data$nFeature_RNA, unname(seurat$nFeature_RNA))
  expect_identical(object@meta.data$percent.mt, unname(unlist(percent)))
  expect_identical(object@assays$RNA@data, seurat_layer(seurat, "data"))
  expect_identical(object@assays$RNA@var.features, Seurat::VariableFeatures(seurat))
  expect_equal(object@reductions$pca@cell.embeddings, seurat@reductions$pca@cell.embeddings, tolerance = 1e-8)
  expect_equal(object@reductions$pca@stdev, seurat@reductions$pca@stdev, tolerance = 1e-8)
  expect_identical(as.character(object@meta.data$seurat_clusters), as.character(seurat$seurat_clusters))
}

test_that("the demo comes out as Seurat makes it", {
  expect_parity(imported(demo_parcel(), clustering = "louvain", doublets = FALSE, layout = "none"))
})

test_that("several samples come out as Seurat makes them", {
  parcel <- batch_parcel()
  expect_parity(imported(parcel, clustering = "louvain", doublets = FALSE, layout = "none", min_genes = 0L))
})
