#' The experiment's Seurat object with its cell sets and layout, as an R data file
download_annotated_object <- function(dataset, params) {
  classes <- check_list(params$cellSets, "cellSets")
  method <- check_string(params$embeddingMethod, "embeddingMethod", c("umap", "tsne"), optional = TRUE) %||% "umap"
  # An object that came with layouts of its own keeps them.
  keeps_layouts <- isTRUE(check_flag(params$isObj2s, "isObj2s", optional = TRUE))
  columns <- annotation_columns(dataset, unname(classes))
  layout <- if (!keeps_layouts) layout_of(dataset, params[["embedding"]], method)

  progress("Reading the object", 0L, 2L)
  object <- with_annotations(same_object(dataset), columns)
  if (!keeps_layouts) object <- with_layout(object, layout, method)
  progress("Writing the object", 1L, 2L)
  path <- tempfile(fileext = ".rds")
  write_rds(object, path)
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
annotation_columns <- function(dataset, classes) {
  fields <- sprintf("cellSets[%d]", seq_along(classes) - 1L)
  Map(check_list, classes, fields)
  keys <- as.character(Map(function(class, field) check_string(class[["key"]], paste0(field, ".key")), classes, fields))
  sets_of <- function(place) read_cell_sets(dataset, classes[[place]], fields[place])
  labels <- function(place) set_labels(sets_of(place), dataset$n_cells)
  columns <- list()
  columns$samples <- if ("sample" %in% keys) labels(match("sample", keys))
  columns$seurat_clusters <- if ("louvain" %in% keys) labels(match("louvain", keys))
  if ("scratchpad" %in% keys) {
    custom <- sets_of(match("scratchpad", keys))
    members <- lapply(custom$cells, function(cells) seq_len(dataset$n_cells) %in% cells)
    columns <- c(columns, stats::setNames(members, sprintf("custom_cellset-%s", custom$name)))
  }
  own <- keys %in% c("sample", "louvain", "scratchpad")
  others <- which(!own & vapply(classes, function(class) identical(class[["type"]], "cellSets"), NA))
  named <- vapply(others, function(place) class_name(classes[[place]], fields[place]), "")
  c(columns, stats::setNames(lapply(others, labels), named))
}

#' The name of a class, or its key where it has none
class_name <- function(class, field) {
  name <- check_string(class[["name"]], paste0(field, ".name"), optional = TRUE) %||% ""
  if (nzchar(name)) name else class[["key"]]
}

#' The name of the first set that each cell is in, in the order of the sets; NA for a cell in none
#' @param sets What [read_cell_sets()] returned.
set_labels <- function(sets, n_cells) {
  found <- match(seq_len(n_cells), unlist(sets$cells))
  factor(rep(sets$name, lengths(sets$cells))[found], levels = unique(sets$name))
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
