# How well pseudotime follows the hours of an experiment: Tandem's and monocle 2's on the same cells, in one run.
#
#   R_LIBS=.tandem/r-library Rscript bench/contestants/trajectory.R
#
# Needs Debian's r-bioc-monocle and r-bioc-hsmmsinglecell: human myoblasts taken 0, 24, 48 and 72 hours after the change
# of their medium. Both begin where most cells of hour 0 are: monocle in that state of its tree, Tandem at that node of
# its own. Both get the same counts and the same genes: those of monocle's vignette, which differ between the media and
# so know something of the hours, and those it finds without that. Tandem gets those its import would choose, too.
suppressPackageStartupMessages({
  library(monocle)
  library(HSMMSingleCell)
})
ns <- asNamespace("tandem")

# monocle 2 asks `class(x) != "matrix"`, which R 4.2 and later refuse; the same question in a form they take.
is_question <- function(call) {
  is.call(call) && identical(call[[1L]], quote(`!=`)) && is.call(call[[2L]]) &&
    identical(call[[2L]][[1L]], quote(class)) && identical(call[[3L]], "matrix")
}
mended <- function(code) {
  if (is_question(code)) return(call("!", call("is.matrix", code[[2L]][[2L]])))
  if (is.call(code)) code[] <- lapply(code, function(part) if (missing(part)) quote(expr = ) else mended(part))
  code
}
mend_monocle <- function() {
  monocle <- asNamespace("monocle")
  for (name in ls(monocle)) {
    fun <- get(name, monocle)
    if (!is.function(fun) || identical(body(fun), mended(body(fun)))) next
    body(fun) <- mended(body(fun))
    utils::assignInNamespace(name, fun, monocle)
  }
}

#' The experiment as monocle's vignette prepares it: counts of transcripts estimated from relative expression
prepared <- function() {
  utils::data(HSMM_expr_matrix, HSMM_sample_sheet, HSMM_gene_annotation, package = "HSMMSingleCell", envir = environment())
  cells <- new("AnnotatedDataFrame", data = HSMM_sample_sheet)
  genes <- new("AnnotatedDataFrame", data = HSMM_gene_annotation)
  relative <- newCellDataSet(HSMM_expr_matrix, cells, genes, lowerDetectionLimit = 0.1, expressionFamily = tobit(0.1))
  counts <- methods::as(relative2abs(relative, method = "num_genes"), "sparseMatrix")
  newCellDataSet(counts, cells, genes, lowerDetectionLimit = 0.5, expressionFamily = negbinomial.size())
}

hours_of <- function(experiment) as.numeric(as.character(Biobase::pData(experiment)$Hours))

with_dispersions <- function(experiment) detectGenes(estimateDispersions(estimateSizeFactors(experiment)), min_expr = 0.1)

media_genes <- function(experiment) {
  expressed <- Biobase::fData(experiment)$num_cells_expressed >= 10
  tested <- differentialGeneTest(experiment[expressed, ], fullModelFormulaStr = "~Media")
  rownames(tested)[tested$qval < 0.01]
}

dispersed_genes <- function(experiment) {
  table <- dispersionTable(experiment)
  table$gene_id[table$mean_expression >= 0.5 & table$dispersion_empirical >= table$dispersion_fit]
}

monocle_pseudotime <- function(experiment, genes) {
  tree <- orderCells(reduceDimension(setOrderingFilter(experiment, genes), max_components = 2, method = "DDRTree"))
  at_start <- table(Biobase::pData(tree)$State, hours_of(experiment))[, "0"]
  Biobase::pData(orderCells(tree, root_state = names(which.max(at_start))))$Pseudotime
}

tandem_pseudotime <- function(experiment, genes = NULL) {
  dataset <- as_dataset(Biobase::exprs(experiment), genes)
  answer <- function(task, params) {
    jsonlite::fromJSON(ns$to_json(ns$task_handler(task)(dataset, params)), simplifyVector = FALSE)
  }
  places <- lapply(answer("getEmbedding", list(type = "umap")), unlist)
  request <- list(embedding = places, embedding_settings = list(method = "umap"), cell_ids = dataset$cells_id)
  nodes <- answer("runTrajectoryAnalysisStartingNodesTask", request)
  nearest <- vapply(places, function(at) which.min((unlist(nodes$x) - at[1L])^2 + (unlist(nodes$y) - at[2L])^2), 1L)
  at_start <- tabulate(nearest[hours_of(experiment) == 0], length(nodes$x))
  roots <- list(root_nodes = which.max(at_start) - 1L)
  found <- answer("runTrajectoryAnalysisPseudoTimeTask", c(request, roots))$pseudotime
  # Cells that the root does not reach come last of all.
  vapply(found, function(time) if (is.null(time)) Inf else time, 0)
}

#' The experiment with what Tandem's own import computes: thirty components of the most variable genes, or of given ones
as_dataset <- function(counts, genes = NULL) {
  if (!is.null(genes)) counts <- counts[genes, ]
  counts <- methods::as(counts[Matrix::rowSums(counts > 0) >= 3, ], "CsparseMatrix")
  object <- Seurat::NormalizeData(SeuratObject::CreateSeuratObject(counts, project = "hsmm"), verbose = FALSE)
  object <- Seurat::ScaleData(Seurat::FindVariableFeatures(object, verbose = FALSE), verbose = FALSE)
  object <- Seurat::RunPCA(object, npcs = 30L, verbose = FALSE)
  folder <- tempfile()
  dir.create(folder)
  saveRDS(object, file.path(folder, "r.rds"))
  ns$load_dataset(file.path(folder, "r.rds"), "hsmm")
}

report <- function(cells, method, pseudotime, hours) {
  rho <- abs(stats::cor(pseudotime, hours, method = "spearman"))
  cat(sprintf("| %s | %s | %.3f |\n", cells, method, rho))
}

compare <- function(label, experiment) {
  experiment <- with_dispersions(experiment)
  hours <- hours_of(experiment)
  label <- sprintf("%s (%d)", label, length(hours))
  report(label, "Tandem, genes as its import chooses them", tandem_pseudotime(experiment), hours)
  chosen <- list("by dispersion" = dispersed_genes(experiment), "by medium" = media_genes(experiment))
  for (how in names(chosen)) {
    report(label, paste("Tandem, genes", how), tandem_pseudotime(experiment, chosen[[how]]), hours)
    report(label, paste("monocle, genes", how), monocle_pseudotime(experiment, chosen[[how]]), hours)
  }
}

suppressWarnings({
  mend_monocle()
  experiment <- prepared()
  cat("| cells | method | Spearman with the hours |\n|---|---|---|\n")
  compare("all", experiment)
  myf5 <- which(Biobase::fData(experiment)$gene_short_name == "MYF5")
  compare("myoblasts: MYF5 seen", experiment[, Biobase::exprs(experiment)[myf5[1L], ] >= 1])
})
