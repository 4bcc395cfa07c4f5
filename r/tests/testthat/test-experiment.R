test_that("an object is put together as Seurat would have it", {
  counts <- as_sparse(small_counts(), "counts")
  meta <- data.frame(orig.ident = factor(rep("s", SMALL_CELLS)), row.names = colnames(counts))
  layout <- new_reduction("X_my layout", matrix(0, SMALL_CELLS, 2L), colnames(counts))
  object <- new_object(meta, list(mine = layout), NULL, list(experimentId = "x"))
  object@assays <- list(RNA = new_assay(list(counts = counts, data = normalised(counts)), rownames(counts)[1:9]))
  expect_true(methods::validObject(object))
  expect_identical(seurat_layer(object, "counts"), counts)
  expect_identical(SeuratObject::VariableFeatures(object), rownames(counts)[1:9])
  expect_identical(colnames(SeuratObject::Embeddings(object, "mine")), c("Xmylayout_1", "Xmylayout_2"))
  expect_s4_class(subset(object, cells = colnames(counts)[1:10]), "Seurat")
})

test_that("versions are told of everything that may change an experiment", {
  expect_true(all(c("R", TELLING_PACKAGES) %in% names(versions_in_use())))
  expect_type(versions_in_use(), "character")
})
