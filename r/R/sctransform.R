#' Residuals of a model of each gene's counts, by Seurat's SCTransform
#' @param counts Genes x cells.
#' @param n How many genes are variable.
#' @return A dense matrix, cells x variable genes, the most variable first.
transformed_residuals <- function(counts, n) {
  object <- SeuratObject::CreateSeuratObject(SeuratObject::CreateAssayObject(counts))
  found <- seeded(suppressWarnings(
    Seurat::SCTransform(object, variable.features.n = n, seed.use = SEED, verbose = FALSE)
  ))
  variable <- SeuratObject::VariableFeatures(found)
  t(scaled_values(found, "SCT")[variable, , drop = FALSE])
}
