# Small seeded experiments, made as the pipeline makes them: cells were filtered, so their ids have gaps.

SMALL_GENES <- 230L
SMALL_CELLS <- 80L

#' Three groups of cells with marker genes of their own; ids are every id but each fifth.
small_counts <- function(genes = SMALL_GENES, cells = SMALL_CELLS) {
  withr::with_seed(7, {
    group <- rep_len(1:3, cells)
    mean <- matrix(exp(rnorm(genes, -0.5)), genes, cells) * rep(runif(cells, 0.5, 2), each = genes)
    for (g in 1:3) mean[seq_len(15L) + 15L * (g - 1L), group == g] <- 6
    counts <- matrix(rpois(genes * cells, mean), genes, cells)
  })
  dimnames(counts) <- list(paste0("ENSG", seq_len(genes)), paste0("cell-", seq_len(cells)))
  Matrix::Matrix(counts, sparse = TRUE)
}

#' An ordinary Seurat object: counts, data, metadata and nothing of the pipeline's.
plain_object <- function(counts = small_counts(), normalise = TRUE) {
  loadNamespace("SeuratObject")
  assay <- SeuratObject::CreateAssayObject(counts = counts)
  assay@key <- "rna_"
  if (normalise) assay@data <- normalised(counts)
  SeuratObject::CreateSeuratObject(assay, assay = "RNA", project = "small")
}

#' A layer as Seurat itself gives it, by the name that its version has for that
seurat_layer <- function(object, layer) {
  if (utils::packageVersion("SeuratObject") < "5") return(SeuratObject::GetAssayData(object, slot = layer))
  SeuratObject::LayerData(object, layer)
}

made <- new.env(parent = emptyenv())

#' Made once for the whole run.
small_object <- function() {
  made$small <- made$small %||% make_small_object()
  made$small
}

make_small_object <- function(counts = small_counts()) {
  object <- plain_object(counts)
  cells <- ncol(counts)
  object@meta.data$cells_id <- setdiff(seq_len(2L * cells), seq(5L, 2L * cells, 5L))[seq_len(cells)] - 1L
  object@meta.data$samples <- rep_len(c("sample-a", "sample-b"), cells)
  object@meta.data$seurat_clusters <- factor(rep_len(0:2, cells))
  withr::with_seed(0, {
    object@meta.data$percent.mt <- runif(cells, 0, 100)
    object@meta.data$doublet_scores <- runif(cells)
  })
  components <- prcomp(t(as.matrix(object@assays$RNA@data)), rank. = 15L)$x
  colnames(components) <- paste0("PC_", seq_len(15L))
  object@reductions$pca <- SeuratObject::CreateDimReducObject(components, key = "PC_", assay = "RNA")
  names <- paste0("GENE", seq_len(nrow(counts)))
  annotations <- data.frame(input = rownames(counts), name = names, original_name = names, row.names = rownames(counts))
  object@misc <- list(
    gene_annotations = annotations,
    gene_dispersion = data.frame(
      count_dispersion(counts), SYMBOL = names, ENSEMBL = rownames(counts), row.names = rownames(counts)
    ),
    color_pool = paste0("color_", 1:20),
    active.reduction = "pca",
    numPCs = 10L,
    experimentId = "small",
    technology = "10x"
  )
  object
}

#' Save in a folder of its own and load, as the service does.
dataset_from <- function(object) {
  folder <- tempfile("dataset-")
  dir.create(folder)
  path <- file.path(folder, "r.rds")
  saveRDS(object, path, compress = FALSE)
  load_dataset(path, "small")
}

#' A layer of counts or values (genes x cells) without an object around it.
layer_from <- function(matrix) {
  loadNamespace("Matrix")
  matrix <- as_sparse(matrix, "data")
  piece <- list(
    p = matrix@p, i = matrix@i, x = matrix@x, genes = seq_len(nrow(matrix)), cells = seq_len(ncol(matrix))
  )
  path <- tempfile(fileext = ".layer")
  write_layer(list(piece), path, paste("gene", seq_len(nrow(matrix))), ncol(matrix), "0")
  layer_open(path)
}

#' How much each gene of counts varies.
count_dispersion <- function(counts) standardised_variance(layer_from(counts))

#' A dataset of nothing but one layer, for the kernels.
bare_dataset <- function(matrix) {
  list(n_genes = nrow(matrix), n_cells = ncol(matrix), layers = list(data = layer_from(matrix)))
}

#' A whole layer, genes x cells, by the names of its genes and cells.
dense_layer <- function(dataset, layer) {
  dense <- matrix(0, dataset$n_genes, dataset$n_cells)
  columns <- expression_of(dataset, seq_len(dataset$n_genes), layer)
  for (gene in seq_along(columns)) dense[gene, columns[[gene]]$cell + 1L] <- columns[[gene]]$value
  dimnames(dense) <- list(dataset$genes$input, rownames(dataset$object@meta.data))
  dense
}

#' Numbers as precise as a 32-bit float holds them.
as_float32 <- function(x) {
  x[] <- readBin(writeBin(as.numeric(x), raw(), size = 4L), "double", length(x), size = 4L)
  x
}

small_dataset <- function() dataset_from(small_object())

#' The expression of genes as a plain matrix, genes x cells, without the code under test.
plain_values <- function(object, rows = TRUE) as.matrix(object@assays$RNA@data)[rows, , drop = FALSE]

#' Run an analysis and read its answer back from JSON, as a client sees it.
answer <- function(dataset, name, params = list()) {
  jsonlite::fromJSON(to_json(task_handler(name)(dataset, params)), simplifyVector = FALSE)
}

numbers <- function(x) vapply(x, function(value) if (is.null(value)) NA_real_ else as.numeric(value), 0)

# The demo takes seconds to build: once for the whole run.
demo_counts_folder <- function() {
  folder <- testthat::test_path("..", "..", "..", "data", "demo")
  testthat::skip_if_not(file.exists(file.path(folder, "matrix.mtx.gz")), "the demo's counts are not here")
  folder
}

demo_cache <- new.env(parent = emptyenv())

demo_experiment <- function() {
  if (is.null(demo_cache$folder)) {
    folder <- file.path(tempdir(), "demo-experiment")
    import_quietly(demo_parcel(), folder, import_request("demo", max_mito = 100)) # its cells have been chosen
    demo_cache$folder <- folder
  }
  demo_cache$folder
}

demo_dataset <- function() {
  demo_cache$dataset <- demo_cache$dataset %||% load_dataset(file.path(demo_experiment(), "r.rds"), "demo")
  demo_cache$dataset
}
