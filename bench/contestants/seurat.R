# Seurat on the same object. Usage: Rscript bench/contestants/seurat.R <folder of the experiment>

source(file.path("bench", "contestants", "loop.R"))
suppressPackageStartupMessages(library(Seurat))

object <- readRDS(file.path(commandArgs(TRUE)[1L], "r.rds"))
assay <- object[["RNA"]]
#: Seurat 5 sums counts whatever is asked; Seurat 4 must be told, and Seurat 5 must not.
of_counts <- if (packageVersion("Seurat") < "5") list(slot = "counts") else list()

#' The same few genes at every call, from all over the list
some_genes <- function(n) rownames(object)[round(seq(1, nrow(object), length.out = n))]

#: Clusters are sought in as many components as ours are.
COMPONENTS <- 10L

neighbours <- local({
  graph <- NULL
  function() {
    if (is.null(graph)) graph <<- FindNeighbors(Embeddings(object, "pca")[, seq_len(COMPONENTS)], verbose = FALSE)$snn
    graph
  }
})

answer_requests(
  list(
    two_groups = function(genes) {
      found <- FindMarkers(
        object, ident.1 = "0", ident.2 = "1", features = some_genes(genes), test.use = "wilcox",
        logfc.threshold = 0, min.pct = 0, verbose = FALSE
      )
      data.frame(gene = rownames(found), p_val = found$p_val)
    },
    each_cluster = function(genes) {
      found <- FindAllMarkers(
        object, features = some_genes(genes), test.use = "wilcox",
        logfc.threshold = 0, min.pct = 0, return.thresh = Inf, verbose = FALSE
      )
      data.frame(gene = found$gene, cluster = found$cluster, p_val = found$p_val)
    },
    dot_plot = function(genes) {
      found <- DotPlot(object, features = genes, group.by = "seurat_clusters")$data
      data.frame(gene = found$features.plot, cluster = found$id, mean = found$avg.exp, share = found$pct.exp)
    },
    gene_statistics = function(genes) {
      values <- FetchData(object, vars = genes)
      statistics <- lapply(values, function(x) c(mean(x), sd(x), quantile(x, 0.95)))
      names <- sub("^rna_", "", names(statistics))
      statistics <- data.frame(gene = names, do.call(rbind, statistics))
      setNames(statistics, c("gene", "mean", "sd", "cap"))[order(names), ]
    },
    pseudobulk = function() {
      sums <- do.call(AggregateExpression, c(list(object, group.by = "samples", verbose = FALSE), of_counts))$RNA
      data.frame(gene = rownames(sums), sample = unname(as.matrix(sums)))
    },
    neighbours = function() dim(neighbours()),
    louvain = function(resolution) {
      FindClusters(neighbours(), resolution = resolution, random.seed = 42, verbose = FALSE)
    },
    transpose = function() {
      Matrix::t(assay@counts)
      Matrix::t(assay@data)
      NULL
    }
  ),
  about = list(versions = version_of("Seurat", "SeuratObject", "Matrix"))
)
