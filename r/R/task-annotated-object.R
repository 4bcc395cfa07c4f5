#' The experiment's Seurat object with its cell sets and layout, as an R data file
download_annotated_object <- function(dataset, params) {
  classes <- check_list(params$cellSets, "cellSets")
  method <- check_string(params$embeddingMethod, "embeddingMethod", c("umap", "tsne"), optional = TRUE) %||% "umap"
  # An object that came with layouts of its own keeps them.
  keeps_layouts <- isTRUE(check_flag(params$isObj2s, "isObj2s", optional = TRUE))
  columns <- annotation_columns(classes, dataset$cells_id)
  layout <- if (!keeps_layouts) layout_of(dataset, params[["embedding"]], method)

  progress("Reading the object", 0L, 2L)
  object <- with_annotations(same_object(dataset), columns)
  if (!keeps_layouts) object <- with_layout(object, layout, method)
  progress("Writing the object", 1L, 2L)
  path <- tempfile(fileext = ".rds")
  file <- gzfile(path, "wb", compression = 1L)
  on.exit(close(file))
  saveRDS(object, file)
  file_result(path, "application/octet-stream")
}

#' The whole object that the dataset was loaded from
same_object <- function(dataset) {
  object <- read_object(dataset$path)
  if (!identical(rownames(object@meta.data), rownames(dataset$object@meta.data))) {
    abort_task("R_WORKER_DATASET_CHANGED", "The experiment's file has changed meanwhile. Send the request again.")
  }
  object
}

#' What cell sets say of each cell: a factor for each class, and TRUE or FALSE for each set that a user made
annotation_columns <- function(classes, cells_id) {
  keys <- vapply(classes, function(class) check_string(class$key, "key of a class"), "")
  own <- keys %in% c("sample", "louvain", "scratchpad")
  is_other <- !own & vapply(classes, function(class) identical(class$type, "cellSets"), NA)
  labels <- function(class) set_labels(class$children, cells_id)
  columns <- list()
  columns$samples <- if ("sample" %in% keys) labels(classes[[match("sample", keys)]])
  columns$seurat_clusters <- if ("louvain" %in% keys) labels(classes[[match("louvain", keys)]])
  for (set in if ("scratchpad" %in% keys) classes[[match("scratchpad", keys)]]$children) {
    column <- list(cells_id %in% unlist(set$cellIds))
    columns <- c(columns, stats::setNames(column, paste0("custom_cellset-", set$name)))
  }
  others <- lapply(classes[is_other], labels)
  c(columns, stats::setNames(others, vapply(classes[is_other], function(class) class$name %||% class$key, "")))
}

#' The name of the first set that each cell is in, in the order of the sets; NA for a cell in none
set_labels <- function(sets, cells_id) {
  names <- vapply(sets, function(set) as.character(set$name), "")
  members <- lapply(sets, function(set) as.integer(unlist(set$cellIds)))
  found <- match(cells_id, unlist(members))
  factor(rep(names, lengths(members))[found], levels = unique(names))
}

#' Columns replace those of their name that hold categories; beside numbers of their name they get another one
with_annotations <- function(object, columns) {
  meta <- object@meta.data
  numbers <- names(meta)[vapply(meta, is.numeric, NA)]
  names <- utils::tail(make.unique(c(numbers, names(columns))), length(columns))
  meta[names] <- columns
  object@meta.data <- meta
  clusters <- columns$seurat_clusters
  if (!is.null(clusters)) object@active.ident <- stats::setNames(clusters, rownames(meta))
  object
}

with_layout <- function(object, layout, method) {
  key <- c(umap = "UMAP_", tsne = "tSNE_")[[method]]
  dimnames(layout) <- list(rownames(object@meta.data), paste0(key, 1:2))
  reduction <- SeuratObject::CreateDimReducObject(layout, key = key, assay = object@active.assay)
  object[[method]] <- reduction
  object
}

register_task("DownloadAnnotSeuratObject", download_annotated_object)
