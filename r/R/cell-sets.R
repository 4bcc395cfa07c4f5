#: A column with more values than this does not divide the cells into sets worth showing.
MOST_SETS <- 100L

#' Write the cell sets of an experiment whose `r.rds` was made elsewhere
#'
#' They come from the identities of its cells, its samples and its columns of categories; what was written is printed.
#' @param folder The experiment's folder, with its `r.rds`; `cell_sets.json` is put beside it.
#' @param replace Whether a `cell_sets.json` that is there may be replaced.
#' @export
write_cell_sets <- function(folder, replace = FALSE) {
  path <- file.path(folder, "cell_sets.json")
  if (file.exists(path) && !replace) {
    abort_dataset(sprintf("%s is there already. Add `replace = TRUE` to write it anew.", path))
  }
  sets <- cell_sets_of(read_seurat(file.path(folder, "r.rds")))
  put_in_place(path, function(beside) write_json(sets, beside))
  names <- vapply(sets$cellSets, function(class) class$name[[1]], "")
  sizes <- vapply(sets$cellSets, function(class) length(class$children), 0L)
  cat(path, sprintf("  %s: %d", names, sizes), sep = "\n")
  invisible(path)
}

#' The cell sets of a new experiment, as `cell_sets.json` holds them
#'
#' Clusters come from `seurat_clusters`, else from the identities of the cells; samples from `samples`, else from
#' `orig.ident`. Every other column of categories becomes a class: a metadata track when all cells of a sample agree.
#' @param object A Seurat object.
cell_sets_of <- function(object) {
  meta <- object@meta.data
  ids <- cell_ids(meta)
  next_colours <- colour_source(pool_of(object))
  clusters <- meta[["seurat_clusters"]] %||% object@active.ident
  sample_column <- intersect(c("samples", "orig.ident"), names(meta))[1L]
  samples <- if (is.na(sample_column)) rep("sample", nrow(meta)) else meta[[sample_column]]

  louvain <- class_of(
    "louvain", "louvain clusters", "cellSets",
    values = clusters, ids = ids, colours = next_colours,
    key_of = function(value) paste0("louvain-", value), name_of = function(value) paste("Cluster", value)
  )
  scratchpad <- cell_class("scratchpad", "Custom cell sets", "cellSets", list())
  by_sample <- class_of(
    "sample", "Samples", "metadataCategorical",
    values = samples, ids = ids, colours = next_colours, key_of = identity, name_of = identity
  )
  tracks <- lapply(category_columns(meta), function(track) {
    agrees <- all(tapply(as.character(meta[[track]]), as.character(samples), function(x) length(unique(x)) == 1L))
    class_of(
      track, track, if (agrees) "metadataCategorical" else "cellSets",
      values = meta[[track]], ids = ids, colours = next_colours,
      key_of = function(value) paste0(track, "-", value), name_of = identity
    )
  })
  list(cellSets = c(list(louvain, scratchpad, by_sample), tracks))
}

#' One class of cell sets, a set for each value in the order of its levels; cells without a value are in none
class_of <- function(key, name, type, values, ids, colours, key_of, name_of) {
  members <- split(ids, in_order(values))
  members <- members[lengths(members) > 0L]
  pool <- colours(length(members))
  children <- lapply(seq_along(members), function(i) {
    value <- names(members)[i]
    list(
      key = scalar(key_of(value)), name = scalar(name_of(value)), rootNode = scalar(FALSE), type = scalar(type),
      color = scalar(pool[i]), cellIds = members[[i]]
    )
  })
  cell_class(key, name, type, children)
}

cell_class <- function(key, name, type, children) {
  list(key = scalar(key), name = scalar(name), rootNode = scalar(TRUE), type = scalar(type), children = children)
}

in_order <- function(values) {
  if (is.factor(values)) values else factor(values, levels = sort(unique(values), method = "radix"))
}

#' Hand out colours from a pool one after another, from its start again when it is used up
colour_source <- function(pool) {
  used <- 0L
  function(n) {
    taken <- pool[(used + seq_len(n) - 1L) %% length(pool) + 1L]
    used <<- used + n
    taken
  }
}

#' Columns that divide the cells into a few sets and are not classes of their own already
category_columns <- function(meta) {
  candidates <- setdiff(names(meta), c("samples", "orig.ident", "seurat_clusters"))
  Filter(function(column) {
    values <- meta[[column]]
    n <- length(unique(values))
    (is.factor(values) || is.character(values) || is.logical(values)) && n >= 2L && n <= MOST_SETS
  }, candidates)
}
