#' A column of the cells' metadata as numbers by cell id
metadata_values <- function(dataset, column, transform = identity) {
  values <- dataset$object@meta.data[[column]]
  if (is.null(values) || is.factor(values) || is.character(values)) {
    abort_task("R_WORKER_COLUMN_NOT_FOUND", sprintf("%s is not computed for this experiment.", column))
  }
  by_cells_id(transform(values), dataset$cells_id)
}

register_task("getDoubletScore", function(dataset, params) metadata_values(dataset, "doublet_scores"))
register_task("getMitochondrialContent", function(dataset, params) metadata_values(dataset, "percent.mt"))
register_task("getNGenes", function(dataset, params) metadata_values(dataset, "nFeature_RNA", log10))
register_task("getNUmis", function(dataset, params) metadata_values(dataset, "nCount_RNA", log10))
