# Make an experiment of a given size, as the pipeline would write it, and its matrix for the Python peers.
# Usage: Rscript bench/generate.R <cells> <folder>. The same size gives the same experiment.

source(file.path("bench", "counts.R"))

SAMPLES <- 8L
COMPONENTS <- 30L
#: Of so many cells are the dispersions computed that the pipeline stores.
DISPERSION_CELLS <- 10000L
#: One cell in so many was filtered away, so ids have gaps.
FILTERED_ONE_IN <- 20L

annotate <- function() {
  id <- sprintf("ENSG%011d", seq_len(GENES))
  symbol <- sprintf("GENE%d", seq_len(GENES))
  symbol[1:13] <- paste0("MT-G", 1:13)
  data.frame(input = id, name = symbol, original_name = symbol, row.names = id)
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
    experimentId = "bench",
    ingestionDate = "2025-01-01T00:00:00Z",
    technology = "10x"
  )
}

make_object <- function(n_cells) {
  annotations <- annotate()
  clusters <- draw_clusters(n_cells)
  counts <- draw_counts(clusters, draw_means())
  dimnames(counts) <- list(annotations$input, sprintf("CELL%07d-1", seq_len(n_cells)))
  some <- counts[, seq_len(min(n_cells, DISPERSION_CELLS))]
  dispersion <- tandem:::standardised_variance(tandem:::gene_major(some))
  variable <- head(order(dispersion$variance.standardized, decreasing = TRUE), 2000L)

  droplets <- n_cells + n_cells %/% (FILTERED_ONE_IN - 1L)
  cells_id <- sort(sample.int(droplets, n_cells)) - 1L
  object <- tandem:::new_object(counts, annotations, cells_id, runif(n_cells, 0, 0.3), "bench")
  sample <- sample.int(SAMPLES, n_cells, replace = TRUE)
  object@meta.data$samples <- sprintf("sample-%d", sample)
  object@meta.data$orig.ident <- factor(object@meta.data$samples)
  object@meta.data$condition <- ifelse(sample <= SAMPLES / 2, "control", "treated")
  object@meta.data$seurat_clusters <- factor(clusters - 1L)
  SeuratObject::Idents(object) <- "seurat_clusters"
  object@reductions$pca <- reduce(object@assays$RNA@data, variable)
  object@assays$RNA@var.features <- annotations$input[variable]
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
  step("experiment written", tandem:::write_experiment(object, folder)) # last: where r.rds is, all of it is
}

arguments <- commandArgs(TRUE)
main(as.integer(arguments[1L]), arguments[2L])
