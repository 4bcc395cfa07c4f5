# Make an experiment of a given size, as the pipeline would write it, and its matrix for the Python peers.
# Usage: Rscript bench/generate.R <cells> <folder>. The same size gives the same experiment.

source(file.path("bench", "counts.R"))

SAMPLES <- 8L
COMPONENTS <- 30L
VARIABLE_GENES <- 2000L
MITOCHONDRIAL <- 13L
#: Of so many cells are the dispersions computed that the pipeline stores.
DISPERSION_CELLS <- 10000L
#: One cell in so many was filtered away, so ids have gaps.
FILTERED_ONE_IN <- 20L

annotate <- function() {
  id <- sprintf("ENSG%011d", seq_len(GENES))
  symbol <- sprintf("GENE%d", seq_len(GENES))
  symbol[seq_len(MITOCHONDRIAL)] <- paste0("MT-G", seq_len(MITOCHONDRIAL))
  data.frame(input = id, name = symbol, original_name = symbol, row.names = id)
}

#' How much each gene varies over the cells
disperse <- function(counts) {
  path <- tempfile(fileext = ".layer")
  on.exit(unlink(path))
  piece <- list(genes = seq_len(nrow(counts)), cells = seq_len(ncol(counts)), p = counts@p, i = counts@i, x = counts@x)
  tandem:::write_layer(list(piece), path, rownames(counts), ncol(counts), "0")
  tandem:::standardised_variance(tandem:::layer_open(path))
}

#' Components of the most variable genes, from the sparse matrix
reduce <- function(data, variable) {
  values <- Matrix::t(data[variable, ])
  mean <- Matrix::colMeans(values)
  spread <- sqrt(pmax(Matrix::colMeans(values^2) - mean^2, 1e-8))
  found <- irlba::irlba(values, nv = COMPONENTS, center = mean, scale = spread)
  embedding <- found$u %*% diag(found$d)
  dimnames(embedding) <- list(colnames(data), paste0("PC_", seq_len(COMPONENTS)))
  SeuratObject::CreateDimReducObject(embedding, key = "PC_", assay = "RNA")
}

notes <- function(annotations, dispersion) {
  list(
    gene_annotations = annotations,
    gene_dispersion = data.frame(
      dispersion,
      SYMBOL = annotations$name, ENSEMBL = annotations$input, row.names = annotations$input
    ),
    color_pool = tandem:::colour_pool(),
    active.reduction = "pca",
    numPCs = COMPONENTS,
    experimentId = "bench"
  )
}

#' Log-normalise as the pipeline does, a block of cells at a time
normalise <- function(counts) {
  n_cells <- ncol(counts)
  values <- numeric(length(counts@x))
  for (start in seq(1L, n_cells, BLOCK_CELLS)) {
    end <- min(start + BLOCK_CELLS - 1L, n_cells)
    entries <- (counts@p[start] + 1L):counts@p[end + 1L]
    values[entries] <- tandem:::normalised(counts[, start:end])@x
  }
  counts@x <- values
  counts
}

#' The cells as the pipeline describes them
describe <- function(counts, clusters) {
  n_cells <- ncol(counts)
  droplets <- n_cells + n_cells %/% (FILTERED_ONE_IN - 1L)
  sample <- sample.int(SAMPLES, n_cells, replace = TRUE)
  names <- sprintf("sample-%d", sample)
  total <- Matrix::colSums(counts)
  data.frame(
    row.names = colnames(counts),
    orig.ident = factor(names),
    nCount_RNA = total,
    nFeature_RNA = diff(counts@p),
    cells_id = sort(sample.int(droplets, n_cells)) - 1L,
    samples = names,
    percent.mt = 100 * Matrix::colSums(counts[seq_len(MITOCHONDRIAL), ]) / total,
    doublet_scores = runif(n_cells, 0, 0.3),
    condition = ifelse(sample <= SAMPLES / 2, "control", "treated"),
    seurat_clusters = factor(clusters - 1L)
  )
}

#' Put together by its parts: Seurat's own way would copy the matrices
make_object <- function(n_cells) {
  annotations <- annotate()
  clusters <- draw_clusters(n_cells)
  counts <- draw_counts(clusters, draw_means())
  dimnames(counts) <- list(annotations$input, sprintf("CELL%07d-1", seq_len(n_cells)))
  some <- counts[, seq_len(min(n_cells, DISPERSION_CELLS))]
  dispersion <- disperse(some)
  variable <- head(order(dispersion$variance.standardized, decreasing = TRUE), VARIABLE_GENES)

  object <- SeuratObject::CreateSeuratObject(counts[1:2, ], project = "bench")
  object@meta.data <- describe(counts, clusters)
  data <- normalise(counts)
  object@assays$RNA <- methods::new(
    methods::getClass("Assay", where = asNamespace("SeuratObject")),
    counts = counts, data = data, scale.data = matrix(numeric(), 0L, 0L), key = "rna_",
    var.features = annotations$input[variable], meta.features = data.frame(row.names = annotations$input), misc = list()
  )
  SeuratObject::Idents(object) <- "seurat_clusters"
  object@reductions$pca <- reduce(data, variable)
  object@misc <- notes(annotations, dispersion)
  object
}

#' The normalised matrix as bare arrays, cell after cell: what numpy reads at once
write_arrays <- function(object, folder) {
  data <- object@assays$RNA@data
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  writeBin(data@p, file.path(folder, "indptr.i32"))
  writeBin(data@i, file.path(folder, "indices.i32"))
  writeBin(data@x, file.path(folder, "values.f32"), size = 4L)
  cells <- object@meta.data[c("cells_id", "seurat_clusters", "samples")]
  write.csv(cells, file.path(folder, "cells.csv"), quote = FALSE)
  writeLines(rownames(data), file.path(folder, "genes.txt"))
}

write_experiment <- function(object, folder) {
  tandem:::put_in_place(file.path(folder, "r.rds"), function(path) {
    saveRDS(object, path)
    tandem:::write_store(object, file.path(folder, "store"), tandem:::checksum_of_file(path, tandem:::threads()))
  })
}

main <- function(n_cells, folder) {
  set.seed(n_cells)
  began <- proc.time()[["elapsed"]]
  step <- function(name, code) {
    force(code)
    message(sprintf("  %4.0f s  %s", proc.time()[["elapsed"]] - began, name))
    invisible(code)
  }
  object <- step("drawn", make_object(n_cells))
  step("arrays written", write_arrays(object, file.path(folder, "arrays")))
  step("cell sets written", tandem::write_json(tandem:::cell_sets_of(object), file.path(folder, "cell_sets.json")))
  step("experiment written", write_experiment(object, folder)) # last: where r.rds is, all of it is
}

arguments <- commandArgs(TRUE)
main(as.integer(arguments[1L]), arguments[2L])
