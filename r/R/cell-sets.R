#: A column with more values than this does not divide the cells into sets worth showing.
MOST_SETS <- 100L
#: How classes are called that clients look for, and how the keys of sets begin that clusterings make.
TAKEN_KEYS <- c("louvain", "leiden", "scratchpad", "sample")

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
#' @param colours The colours that some columns' values have, by the column's name, each named by value; the others
#'   are given theirs from the pool.
cell_sets_of <- function(object, colours = list()) {
  meta <- object@meta.data
  from_pool <- colour_source(pool_of(object))
  sets_of <- function(column, values, key, name, type, key_of, name_of = identity) {
    class_of(key, name, type, values, cell_ids(meta), own_colours(colours[[column]], from_pool), key_of, name_of)
  }
  sample_column <- intersect(c("samples", "orig.ident"), names(meta))[1L]
  samples <- if (is.na(sample_column)) rep("sample", nrow(meta)) else meta[[sample_column]]

  louvain <- sets_of(
    "seurat_clusters", meta[["seurat_clusters"]] %||% object@active.ident, "louvain", "louvain clusters", "cellSets",
    key_of = function(value) paste0("louvain-", value), name_of = cluster_name
  )
  scratchpad <- cell_class("scratchpad", "Custom cell sets", "cellSets", list())
  by_sample <- sets_of(sample_column, samples, "sample", "Samples", "metadataCategorical", key_of = identity)
  columns <- category_columns(meta)
  keys <- make.unique(c(TAKEN_KEYS, columns))[-seq_along(TAKEN_KEYS)]
  tracks <- Map(function(track, key) {
    agrees <- all(tapply(as.character(meta[[track]]), as.character(samples), function(x) length(unique(x)) == 1L))
    sets_of(
      track, meta[[track]], key, track, if (agrees) "metadataCategorical" else "cellSets",
      key_of = function(value) paste0(key, "-", value)
    )
  }, columns, keys)
  list(cellSets = with_own_keys(c(list(louvain, scratchpad, by_sample), unname(tracks))))
}

#' Give each class and each set a key of its own: a sample may be called as a column
with_own_keys <- function(classes) {
  every <- lapply(classes, function(class) unlist(c(class$key, lapply(class$children, `[[`, "key"))))
  own <- utils::relist(make.unique(unlist(every)), every)
  Map(function(class, keys) {
    class$key <- scalar(keys[[1L]])
    class$children <- unname(Map(function(set, key) replace(set, "key", list(scalar(key))), class$children, keys[-1L]))
    class
  }, classes, own)
}

#' Clusters that have only a number are named after what they are
cluster_name <- function(value) if (grepl("^[0-9]+$", value)) paste("Cluster", value) else value

#' One class of cell sets, a set for each value in the order of its levels; cells without a value, or with an empty
#' text, are in none
#' @param colours Called with the values that have sets, gives their colours.
class_of <- function(key, name, type, values, ids, colours, key_of, name_of) {
  members <- split(ids, in_order(values))
  members <- members[lengths(members) > 0L & nzchar(names(members))]
  given <- colours(names(members))
  children <- lapply(seq_along(members), function(i) {
    value <- names(members)[i]
    list(
      key = scalar(key_of(value)), name = scalar(name_of(value)), rootNode = scalar(FALSE), type = scalar(type),
      color = scalar(given[[i]]), cellIds = members[[i]]
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

#' Hand out colours to values from a pool one after another, from its start again when it is used up
colour_source <- function(pool) {
  used <- 0L
  function(values) {
    taken <- pool[(used + seq_along(values) - 1L) %% length(pool) + 1L]
    used <<- used + length(values)
    taken
  }
}

#' Give values their own colours (named by value) where each has one, else take all from elsewhere
own_colours <- function(own, elsewhere) {
  function(values) if (length(own) && all(values %in% names(own))) unname(own[values]) else elsewhere(values)
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
