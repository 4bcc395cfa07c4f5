test_that("an object of ours is what Seurat says it is", {
  object <- small_object()
  object@misc$tandem <- list(cell_sets = "{\"cellSets\": []}")
  SeuratObject::Idents(object) <- object$seurat_clusters
  parcel <- foreign_parcel(object)
  expect_identical(parcel_counts(parcel), as.matrix(seurat_layer(object, "counts")))
  expect_identical(parcel$gene_names, object@misc$gene_annotations$name)
  expect_identical(parcel$columns$cells_id, as.numeric(object$cells_id))
  expect_identical(as.character(parcel$columns$samples), unname(object$samples))
  expect_identical(as.character(parcel$columns$seurat_clusters), as.character(object$seurat_clusters))
  expect_identical(parcel$columns$percent.mt, unname(object$percent.mt))
  expect_identical(parcel$reductions$pca, unname(SeuratObject::Embeddings(object, "pca")))
  expect_true(parcel$notes$analysed)
  expect_identical(readLines(file.path(parcel$folder, "cell_sets.json")), "{\"cellSets\": []}")
})

test_that("identities are clusters where they divide the cells, and samples where they do not", {
  object <- plain_object()
  expect_null(foreign_parcel(object)$columns$seurat_clusters)
  named <- object
  SeuratObject::Idents(named) <- rep_len(c("T cell", "B cell"), ncol(object))
  expect_identical(levels(foreign_parcel(named)$columns$seurat_clusters), levels(SeuratObject::Idents(named)))
  merged <- object
  merged$orig.ident <- rep_len(c("one", "two"), ncol(object))
  SeuratObject::Idents(merged) <- "orig.ident"
  parcel <- foreign_parcel(merged)
  expect_identical(levels(parcel$columns$samples), c("one", "two"))
  expect_null(parcel$columns$seurat_clusters)
})

for (name in c("several", "divided")) {
  test_that(paste("what Seurat 5 saved is what it said:", name), {
    facts <- readRDS(test_path("fixtures", "seurat5-answers.rds"))[[name]]
    parcel <- foreign_file(test_path("fixtures", sprintf("seurat5-%s.rds", name)), withr::local_tempdir())
    counts <- parcel_counts(parcel)
    expect_identical(counts, as.matrix(facts$counts)[rownames(counts), colnames(counts)])
    expect_identical(dim(counts), dim(facts$counts))
    whole <- list(several = NULL, divided = c("first", "second"))
    expect_identical(levels(parcel$columns$samples), whole[[name]])
    expect_identical(as.character(parcel$notes$left_out), list(several = "assay ADT", divided = character())[[name]])
  })
}

test_that("version 2 is read, without the cells that it had filtered", {
  counts <- small_counts(50L, 8L)
  cells <- colnames(counts)[-3L]
  embedding <- matrix(rnorm(14), 7L, dimnames = list(cells, NULL))
  old <- bare_object(
    "seurat", "Seurat",
    raw.data = counts, meta.data = data.frame(nUMI = 1:7, tissue = rep_len(c("a", "b"), 7L), row.names = cells),
    ident = factor(stats::setNames(rep_len(0:1, 7L), cells)),
    dr = list(tsne = bare_object("dim.reduction", "Seurat", cell.embeddings = embedding))
  )
  parcel <- foreign_parcel(old)
  expect_identical(parcel_counts(parcel), as.matrix(counts)[, cells])
  expect_identical(parcel$reductions$tsne, unname(embedding))
  expect_identical(levels(parcel$columns$seurat_clusters), c("0", "1"))
})

test_that("objects without counts are refused in a sentence", {
  object <- plain_object()
  bare_data <- object
  bare_data@assays$RNA@counts <- methods::new("dgCMatrix")
  scaled <- object
  scaled@assays$RNA@counts <- scaled@assays$RNA@data
  empty <- object
  empty@assays <- list()
  five <- readRDS(test_path("fixtures", "seurat5-several.rds"))
  lacking <- function(change) {
    assays <- attr(five, "assays")
    rna <- assays$RNA
    attr(rna, "layers") <- change(attr(rna, "layers"))
    assays$RNA <- rna
    attr(five, "assays") <- assays
    five
  }
  outside <- bare_object("MatrixDir", "BPCells", dir = "/elsewhere")
  expect_snapshot({
    for (x in list(
      bare_data, scaled, empty, lacking(function(layers) layers["data"]),
      lacking(function(layers) utils::modifyList(layers, list(counts = outside))),
      lacking(function(layers) list(counts = layers$counts[-1L, ]))
    )) writeLines(foreign_parcel(x))
  })
})
