#: A barcode with fewer genes than this is taken for an empty droplet or debris and left out.
FEWEST_GENES <- 200L
VARIABLE_GENES <- 2000L
CLUSTER_RESOLUTION <- 0.8

#' Make an experiment ready for analysis from the counts of a 10x folder
#'
#' Cells with fewer than 200 genes are left out; the others keep the ids they had among all, so ids may have gaps. The
#' same counts give the same files on one machine: every random step is seeded, and the date of ingestion is that of
#' the counts.
#' @param counts_folder A folder with matrix.mtx.gz, features.tsv.gz and barcodes.tsv.gz.
#' @param experiment_folder Where `r.rds` and `cell_sets.json` go.
#' @param experiment_id The experiment's id, which also names its one sample.
#' @export
build_experiment <- function(counts_folder, experiment_folder, experiment_id) {
  step <- step_printer(9L)
  raw <- step("read", read_10x(counts_folder))
  kept <- step("filter", unname(which(Matrix::colSums(raw$counts > 0) >= FEWEST_GENES)))
  counts <- raw$counts[, kept, drop = FALSE]
  if (ncol(counts) < 50L) {
    abort_dataset(sprintf("Only %d cells have %d genes or more: too few to analyse.", ncol(counts), FEWEST_GENES))
  }
  dispersion <- step("vary", count_dispersion(counts))
  scores <- step("doublets", doublet_scores(counts, dispersion$variance.standardized))
  object <- step("normalise", new_object(counts, raw$annotations, kept - 1L, scores, experiment_id))
  object <- step("reduce", add_components(object, dispersion$variance.standardized))
  object <- step("cluster", add_clusters(object))
  object <- step("lay out", add_layout(object))
  object@misc <- experiment_notes(raw$annotations, dispersion, counts_folder, experiment_id)
  step("write", write_experiment(object, experiment_folder))
  invisible(object)
}

#' How much each gene varies over the cells
#' @param counts Genes x cells.
count_dispersion <- function(counts) {
  path <- tempfile(fileext = ".layer")
  on.exit(unlink(path))
  piece <- list(genes = seq_len(nrow(counts)), cells = seq_len(ncol(counts)), p = counts@p, i = counts@i, x = counts@x)
  write_layer(list(piece), path, rownames(counts), ncol(counts), "0")
  standardised_variance(layer_open(path))
}

#' Print one line for each step that ends, with the time it took
step_printer <- function(total) {
  number <- 0L
  function(name, code) {
    number <<- number + 1L
    seconds <- system.time(result <- force(code))[["elapsed"]]
    cat(sprintf("step %d of %d %s ... %.1f s\n", number, total, name, seconds))
    invisible(result)
  }
}

new_object <- function(counts, annotations, cells_id, scores, sample) {
  assay <- SeuratObject::CreateAssayObject(counts = counts)
  assay@key <- "rna_"
  assay@data <- normalised(counts)
  object <- SeuratObject::CreateSeuratObject(assay, assay = "RNA", project = sample)
  mitochondrial <- grepl("^mt-", annotations$original_name, ignore.case = TRUE)
  meta <- object@meta.data
  meta$cells_id <- cells_id
  meta$samples <- sample
  meta$orig.ident <- factor(sample)
  meta$percent.mt <- 100 * Matrix::colSums(counts[mitochondrial, , drop = FALSE]) / meta$nCount_RNA
  meta$doublet_scores <- scores
  object@meta.data <- meta
  object
}

add_components <- function(object, dispersion) {
  variable <- rownames(object)[utils::head(order(dispersion, decreasing = TRUE), VARIABLE_GENES)]
  object <- Seurat::ScaleData(object, features = variable, verbose = FALSE)
  components <- min(DEFAULT_COMPONENTS, ncol(object) - 1L)
  object <- Seurat::RunPCA(object, features = variable, npcs = components, seed.use = SEED, verbose = FALSE)
  object@assays$RNA@scale.data <- matrix(numeric(), 0L, 0L)
  object@assays$RNA@var.features <- variable
  object
}

add_clusters <- function(object) {
  components <- object@reductions$pca@cell.embeddings
  graphs <- Seurat::FindNeighbors(components, verbose = FALSE)
  object@graphs <- list(RNA_snn = graphs$snn)
  clusters <- Seurat::FindClusters(graphs$snn, resolution = CLUSTER_RESOLUTION, random.seed = SEED, verbose = FALSE)
  object@meta.data$seurat_clusters <- clusters[[1L]]
  SeuratObject::Idents(object) <- "seurat_clusters"
  object
}

add_layout <- function(object) {
  layout <- embed_umap(object@reductions$pca@cell.embeddings)
  dimnames(layout) <- list(colnames(object), c("UMAP_1", "UMAP_2"))
  object@reductions$umap <- SeuratObject::CreateDimReducObject(layout, key = "UMAP_", assay = "RNA")
  object
}

experiment_notes <- function(annotations, dispersion, counts_folder, experiment_id) {
  counts_date <- file.mtime(file_in(counts_folder, "matrix.mtx"))
  list(
    gene_annotations = annotations,
    gene_dispersion = data.frame(
      dispersion,
      SYMBOL = annotations$name, ENSEMBL = annotations$input, row.names = annotations$input
    ),
    color_pool = colour_pool(),
    active.reduction = "pca",
    numPCs = DEFAULT_COMPONENTS,
    experimentId = experiment_id,
    ingestionDate = format(counts_date, "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"),
    technology = "10x"
  )
}

#' Write the cell sets, then the object with its store: whoever sees the new object finds its cell sets there
write_experiment <- function(object, folder) {
  # Commands carry the time they ran at.
  object@commands <- list()
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  put_in_place(file.path(folder, "cell_sets.json"), function(path) write_json(cell_sets_of(object), path))
  put_in_place(file.path(folder, "r.rds"), function(path) {
    saveRDS(object, path)
    write_store(object, file.path(folder, "store"), checksum_of_file(path, threads()))
  })
}

#' Write beside the file and rename, so that nobody reads half of it
put_in_place <- function(path, write) {
  beside <- paste0(path, ".", Sys.getpid(), ".tmp")
  on.exit(unlink(beside))
  write(beside)
  if (!file.rename(beside, path)) abort_dataset(sprintf("%s could not be put in place.", path))
}
