# Plain values out of objects of strangers: a new copy of what R itself calls a vector, or nothing.

#: Of what type a value that leaves must be.
PLAIN_TYPES <- c("logical", "integer", "double", "character")
#: A column of more values than this does not divide the cells.
MOST_CATEGORIES <- 1000L

#' A vector without attributes, or NULL for whatever is none: a promise, a closure, an environment, a call, a pointer
bare <- function(x) {
  if (!typeof(x) %in% PLAIN_TYPES) return(NULL)
  if (!is.null(attributes(x))) attributes(x) <- NULL
  x
}

#' A list with nothing but its names; empty where it is none
bare_list <- function(x) {
  if (typeof(x) != "list") return(list())
  names <- bare_text(part_of(x, "names"))
  attributes(x) <- NULL
  if (length(names) == length(x)) names(x) <- names
  x
}

bare_text <- function(x) if (typeof(x) == "character") bare(x)

bare_numbers <- function(x) if (typeof(x) %in% c("integer", "double")) bare(x)

#' One element of what may be a list
list_part <- function(x, name) bare_list(x)[[name]]

#' The first class an object says it has, or the type it is of
class_named <- function(x) {
  class <- bare_text(part_of(x, "class"))
  if (length(class)) return(class[1L])
  if (typeof(x) %in% PLAIN_TYPES && length(part_of(x, "dim")) == 2L) return("matrix")
  typeof(x)
}

#' The slots of an object that is none of ours: NULL where R holds the place of a NULL by a symbol
slot_of <- function(x, name) {
  value <- part_of(x, name)
  if (typeof(value) != "symbol") value
}

#' The names of rows and columns that an object's attribute holds
names_along <- function(x, margin) bare_text(bare_list(part_of(x, "dimnames"))[margin][[1L]])

#' A table's columns by name, each as it is; tables of base R and of Bioconductor
table_columns <- function(table) {
  columns <- bare_list(if (class_named(table) %in% FRAME_CLASSES) part_of(table, "listData") else table)
  columns[nzchar(names(columns))]
}

#: Bioconductor's tables.
FRAME_CLASSES <- c("DFrame", "DataFrame")

#' The names of a table's rows, where it has some
table_rows <- function(table) {
  name <- if (class_named(table) %in% FRAME_CLASSES) "rownames" else "row.names"
  bare_text(slot_of(table, name))
}

#' A column as a factor, flag or number; NULL for what is none of them or does not divide the cells
plain_column <- function(x, n) {
  class <- class_named(x)
  values <- bare(x)
  if (is.null(values) || length(values) != n || class == "matrix") return(NULL)
  levels <- bare_text(part_of(x, "levels"))
  if (class %in% c("factor", "ordered")) {
    if (!is.integer(values)) return(NULL)
    return(few_levels(factor(levels[values], levels = unique(levels)), n))
  }
  if (!is.null(part_of(x, "class"))) return(NULL) # dates, large integers and others that only look like numbers
  if (is.character(values)) few_levels(factor(values, levels = sort(unique(values), method = "radix")), n) else values
}

few_levels <- function(values, n) {
  used <- length(unique(values))
  if (used <= MOST_CATEGORIES && (used < n || n < 3L)) values
}

#' What is known of each cell, with the columns that have a meaning under the names that a parcel gives them
#' @return `columns` by name, and the names of those `left_out`.
cell_columns <- function(source) {
  n <- ncol(source$counts)
  columns <- lapply(source$columns, plain_column, n)
  columns <- columns[!duplicated(names(columns))]
  is_kept <- lengths(columns) > 0L
  left_out <- names(columns)[!is_kept]
  columns <- columns[is_kept]
  if (is.null(columns[["seurat_clusters"]])) columns$seurat_clusters <- source$clusters
  columns[CATEGORIES_OF_MEANING] <- lapply(columns[CATEGORIES_OF_MEANING], as_category)
  columns <- Filter(Negate(is.null), columns)
  list(columns = named_samples(columns), left_out = left_out)
}

#: Columns that are categories even where they are written as numbers.
CATEGORIES_OF_MEANING <- c("samples", "sample", "orig.ident", "seurat_clusters")

as_category <- function(x) if (is.null(x) || is.factor(x)) x else factor(x)

#' Call the column that tells the samples `samples`
named_samples <- function(columns) {
  if ("samples" %in% names(columns)) return(columns)
  divides <- function(name) name %in% names(columns) && length(unique(columns[[name]])) > 1L
  name <- c("sample"["sample" %in% names(columns)], "orig.ident"[divides("orig.ident")])[1L]
  names(columns)[names(columns) %in% name] <- "samples"
  columns
}

#' Coordinates of the cells by the name of the reduction, in lower case
#' @param found Matrices by name, some of them perhaps none.
plain_reductions <- function(found, cells) {
  reductions <- lapply(found, function(x) {
    size <- bare_numbers(part_of(x, "dim"))
    values <- bare_numbers(x)
    if (is.null(values) || length(size) != 2L || !size[2L]) return(NULL)
    values <- matrix(as.numeric(values), size[1L], size[2L])
    at <- match(cells, names_along(x, 1L))
    if (!all(is.na(at))) return(values[at, , drop = FALSE])
    if (nrow(values) == length(cells)) values
  })
  names(reductions) <- sub("^x_", "", tolower(names(reductions))) # as an .h5ad calls them
  reductions <- Filter(Negate(is.null), reductions)
  reductions[nzchar(names(reductions)) & !duplicated(names(reductions))]
}
