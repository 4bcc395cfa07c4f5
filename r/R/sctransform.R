#' Residuals of a model of each gene's counts, by Seurat's SCTransform
#' @param counts Genes x cells.
#' @param n How many genes are variable.
#' @return A dense matrix, cells x variable genes, the most variable first.
transformed_residuals <- function(counts, n) {
  found <- seeded(suppressWarnings(Seurat::SCTransform(
    SeuratObject::CreateSeuratObject(counts), variable.features.n = n, seed.use = SEED, verbose = FALSE
  )))
  variable <- SeuratObject::VariableFeatures(found)
  t(SeuratObject::GetAssayData(found, "scale.data", "SCT")[variable, , drop = FALSE])
}
