# Tandem's own functions on an experiment. Usage: Rscript bench/contestants/ours.R <folder of the experiment>

source(file.path("bench", "contestants", "loop.R"))

folder <- commandArgs(TRUE)[1L]
dataset <- tandem:::load_dataset(file.path(folder, "r.rds"), "bench")
cluster <- as.integer(dataset$object@meta.data$seurat_clusters)
sample <- as.integer(factor(dataset$object@meta.data$samples))

tested <- function(statistics, first, second) {
  data.frame(gene = dataset$genes$input, tandem:::wilcoxon(statistics, first, second))
}

#: The whole object of the experiment, once it is read.
whole <- new.env()

read_whole <- function() {
  whole$object <- tandem:::read_seurat(file.path(folder, "r.rds"))
  NULL
}

#' Write the store of the whole object into a fresh folder
build_store <- function() {
  fresh <- tempfile("store")
  on.exit(unlink(fresh, recursive = TRUE))
  tandem:::write_store(whole$object, fresh, dataset$checksum)
  NULL
}

answer_requests(
  list(
    two_groups = function() {
      statistics <- tandem:::group_statistics(dataset, ifelse(cluster <= 2L, cluster, 0L), 2L, ranks = TRUE)
      tested(statistics, 1L, 2L)
    },
    each_cluster = function() {
      all <- seq_len(max(cluster))
      statistics <- tandem:::group_statistics(dataset, cluster, max(cluster), ranks = TRUE)
      tables <- lapply(all, function(k) data.frame(cluster = k - 1L, tested(statistics, k, setdiff(all, k))))
      do.call(rbind, tables)
    },
    dot_plot = function(genes) {
      at <- match(genes, dataset$genes$input)
      found <- tandem:::group_statistics(dataset, cluster, max(cluster), at, expm1 = TRUE)
      mean <- t(found$sum) / found$cells
      data.frame(
        gene = rep(genes, each = nrow(mean)), cluster = seq_len(nrow(mean)) - 1L, mean = c(mean),
        share = c(100 * t(found$nonzero) / found$cells), scaled = c(scale(log1p(mean)))
      )
    },
    gene_statistics = function(genes) {
      names <- dataset$genes$name[match(genes, dataset$genes$input)]
      stats <- tandem:::task_handler("runExpression")(dataset, list(genes = names))$stats
      data.frame(gene = genes, mean = stats$rawMean, sd = stats$rawStdev)[order(genes), ]
    },
    pseudobulk = function() {
      sums <- tandem:::group_statistics(dataset, sample, max(sample), layer = "counts")$sum
      data.frame(gene = dataset$genes$input, sample = sums)
    },
    clusters = function(type, resolution) {
      found <- tandem:::task_handler("getClusters")(dataset, list(type = type, config = list(resolution = resolution)))
      data.frame(cell = found$cell_ids, cluster = found$cluster)
    },
    read_whole = read_whole,
    build_store = build_store
  ),
  about = list(versions = c(version_of("tandem", "igraph", "uwot"), R = paste(R.version$major, R.version$minor, sep = ".")))
)
