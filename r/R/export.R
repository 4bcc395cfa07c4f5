# An experiment on its way out: as a parcel, of which Python makes other forms, or as an R data file for Seurat. What is
# going on is told before it begins.

#' Write an experiment as a parcel
#'
#' Its cells keep all that the object knows of them, their cell sets become columns, and `cell_sets.json` goes along as
#' it is.
#' @param experiment_folder The folder with `r.rds` and `cell_sets.json`.
#' @param parcel The folder to write.
#' @export
export_parcel <- function(experiment_folder, parcel) {
  experiment <- read_experiment(experiment_folder)
  object <- experiment$object
  cells <- rownames(object@meta.data)
  genes <- gene_table(object@misc$gene_annotations, gene_names_of(rna_assay(object)))
  columns <- parcel_columns(object@meta.data)
  announce("handing %d cells x %d genes over", length(cells), nrow(genes))
  write_parcel(
    parcel, parcel_layers(object, genes$input, cells), cells, genes$input, genes$name, columns,
    reductions = lapply(part_of(object, "reductions"), function(reduction) {
      embedding <- part_of(reduction, "cell.embeddings")
      embedding[match(cells, rownames(embedding)), , drop = FALSE]
    }),
    colours = Filter(length, lapply(columns, attr, "colours", exact = TRUE)),
    notes = list(format = "Tandem experiment", files = list(), analysed = TRUE),
    cell_sets = experiment$cell_sets
  )
}

#' Write an experiment's Seurat object as one R data file, its cell sets as columns
#'
#' The text of `cell_sets.json` goes along in `misc$tandem`, so that an import finds the cell sets as they were.
#' @param experiment_folder The folder with `r.rds` and `cell_sets.json`.
#' @param path The file to write.
#' @export
export_rds <- function(experiment_folder, path) {
  experiment <- read_experiment(experiment_folder)
  object <- experiment$object
  object@meta.data[] <- lapply(object@meta.data, structure, colours = NULL)
  object@misc$tandem <- list(cell_sets = experiment$cell_sets)
  announce("writing the Seurat object")
  write_rds(object, path)
}

announce <- function(format, ...) tell(label = sprintf(format, ...))

#' The object of an experiment with its cell sets among its columns, and the text of its `cell_sets.json`
read_experiment <- function(folder) {
  announce("reading the Seurat object")
  object <- read_object(file.path(folder, "r.rds"))
  object@meta.data$cells_id <- cell_ids(object@meta.data)
  path <- file.path(folder, "cell_sets.json")
  text <- readChar(path, file.size(path), useBytes = TRUE)
  Encoding(text) <- "UTF-8"
  columns <- cell_set_columns(object@meta.data$cells_id, parse_cell_sets(text))
  list(object = with_annotations(object, columns), cell_sets = text)
}

parse_cell_sets <- function(text) {
  sets <- tryCatch(
    jsonlite::fromJSON(text, simplifyVector = TRUE, simplifyDataFrame = FALSE, simplifyMatrix = FALSE),
    error = function(e) abort_dataset(paste("cell_sets.json is not JSON:", sub("\n.*", "", conditionMessage(e))))
  )
  if (!is.list(sets) || !is.list(sets[["cellSets"]])) abort_dataset("cell_sets.json has no list 'cellSets'.")
  sets[["cellSets"]]
}

#' A column for each class, with the attribute `colours` where each of its sets has one, and one for each set of a user
cell_set_columns <- function(cells_id, classes) {
  cells <- list(cells_id = cells_id, n_cells = length(cells_id))
  columns <- lapply(seq_along(classes), function(place) {
    tryCatch(
      class_columns(cells, classes[[place]]),
      tandem_task_error = function(e) {
        reason <- sub("cellSets[0].", "", conditionMessage(e), fixed = TRUE)
        abort_dataset(sprintf("Class %d of cell_sets.json cannot be used: %s", place, reason))
      }
    )
  })
  unlist(columns, recursive = FALSE)
}

class_columns <- function(cells, class) {
  # A track of metadata is a column like any other here.
  class[["type"]] <- "cellSets"
  class[["children"]] <- lapply(class[["children"]], function(set) {
    set[["name"]] <- set[["name"]] %||% set[["key"]]
    set
  })
  lapply(annotation_columns(cells, list(class)), function(column) {
    if (is.factor(column)) structure(column, colours = colours_of(class[["children"]], levels(column))) else column
  })
}

#' The colours of sets by name, or NULL where one of them has none
colours_of <- function(sets, names) {
  colours <- vapply(sets, function(set) as.character(set[["color"]] %||% NA)[1L], "")
  found <- colours[match(names, vapply(sets, `[[`, "", "name"))]
  if (!anyNA(found)) found
}

#' Columns as a parcel holds them: categories, numbers and flags; lists and tables within a column have no place there
parcel_columns <- function(meta) {
  names(meta) <- make.unique(names(meta))
  is_plain <- vapply(meta, function(values) is.atomic(values) && length(dim(values)) < 2L, NA)
  for (name in names(meta)[!is_plain]) announce("left out: column '%s' holds more than one value a cell", name)
  lapply(meta[is_plain], function(values) {
    if (is.numeric(values) || is.logical(values)) return(values)
    if (!is.factor(values)) return(in_order(as.character(values)))
    if (anyNA(levels(values))) factor(values, setdiff(levels(values), NA)) else values
  })
}

#' Counts and normalised expression, without zeros that are stored
parcel_layers <- function(object, genes, cells) {
  layers <- lapply(rna_matrices(rna_assay(object)), joined, genes, cells)
  is_count <- function(some) isTRUE(all(some >= 0 & some <= .Machine$integer.max & some == trunc(some)))
  if (!is.null(layers$counts) && !all(unlist(each_block(layers$counts@x, is_count)))) {
    announce("left out: the counts, since some of them are no whole numbers")
    layers$counts <- NULL
  }
  has_zero <- function(some) isTRUE(any(some == 0))
  lapply(layers, function(layer) if (any(unlist(each_block(layer@x, has_zero)))) Matrix::drop0(layer) else layer)
}
