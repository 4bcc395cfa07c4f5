# Seurat 4 and 5 name their accessors differently, and SeuratObject 4 does not know Seurat 5's class: its objects
# are then bare attributes. Reading attributes works for each of them.

part_of <- function(x, name) attr(x, name, exact = TRUE)

#' The part of a Seurat object that holds the RNA: its assay "RNA", else the active one.
rna_assay <- function(object) {
  assays <- part_of(object, "assays")
  assays[["RNA"]] %||% assays[[part_of(object, "active.assay")]]
}

#' What Seurat scaled in an assay of Seurat 4's class
scaled_values <- function(object, assay) part_of(part_of(object, "assays")[[assay]], "scale.data")

is_assay5 <- function(assay) class(assay)[1L] %in% c("Assay5", "StdAssay")

#' The names of the genes of an assay, in the order of its rows
gene_names_of <- function(assay) {
  if (is_assay5(assay)) return(rownames_of(part_of(assay, "features")))
  union(rownames(part_of(assay, "counts")), rownames(part_of(assay, "data")))
}

#' One layer of an assay: its matrices, genes x cells, each with its own genes and cells; NULL when the assay lacks it
#'
#' Seurat 5 may split a layer by sample (`counts.1`, `counts.2`, ...), so there may be several.
layer_matrices <- function(assay, layer) {
  if (!is_assay5(assay)) {
    matrix <- part_of(assay, layer)
    if (is.null(matrix) || !all(dim(matrix))) return(NULL)
    return(list(list(matrix = as_sparse(matrix, layer), genes = rownames(matrix), cells = colnames(matrix))))
  }
  layers <- part_of(assay, "layers")
  pieces <- names(layers)[names(layers) == layer | startsWith(names(layers), paste0(layer, "."))]
  if (!length(pieces)) return(NULL)
  lapply(pieces, function(piece) {
    list(
      matrix = as_sparse(layers[[piece]], piece),
      genes = mapped_names(part_of(assay, "features"), piece),
      cells = mapped_names(part_of(assay, "cells"), piece)
    )
  })
}

#' The layers that analyses read: counts where there are any, and log-normalised data
rna_matrices <- function(assay) {
  counts <- layer_matrices(assay, "counts")
  data <- layer_matrices(assay, "data")
  if (is.null(counts) && is.null(data)) abort_dataset("The RNA assay of this object holds neither counts nor data.")
  computed <- function(piece) utils::modifyList(piece, list(matrix = normalised(piece$matrix)))
  Filter(Negate(is.null), list(counts = counts, data = data %||% lapply(counts, computed)))
}

#' Those layers as [layer_write()] takes them: nothing is joined, each matrix tells the places of its genes and cells
#' @param genes,cells The names in the order that they are to have.
rna_pieces <- function(assay, genes, cells) {
  lapply(rna_matrices(assay), lapply, function(piece) {
    at <- places_of(piece, genes, cells)
    list(p = piece$matrix@p, i = piece$matrix@i, x = piece$matrix@x, genes = at$genes, cells = at$cells)
  })
}

places_of <- function(piece, genes, cells) {
  at <- list(genes = match(piece$genes, genes), cells = match(piece$cells, cells))
  if (anyNA(at$genes) || anyNA(at$cells)) {
    abort_dataset("The RNA assay holds cells or genes that the object does not name. Save it anew from Seurat.")
  }
  at
}

#' The matrices of a layer as one, of all genes and cells
joined <- function(pieces, genes, cells) {
  first <- pieces[[1L]]
  if (length(pieces) == 1L && identical(first$genes, genes) && identical(first$cells, cells)) {
    return(structure(first$matrix, Dimnames = list(genes, cells)))
  }
  entries <- lapply(pieces, function(piece) {
    at <- places_of(piece, genes, cells)
    matrix <- methods::as(piece$matrix, "TsparseMatrix")
    list(gene = at$genes[matrix@i + 1L], cell = at$cells[matrix@j + 1L], value = matrix@x)
  })
  every <- function(field) unlist(lapply(entries, `[[`, field))
  Matrix::sparseMatrix(
    every("gene"), every("cell"), x = every("value"),
    dims = c(length(genes), length(cells)), dimnames = list(genes, cells)
  )
}

as_sparse <- function(matrix, layer) {
  if (inherits(matrix, "dgCMatrix")) return(matrix)
  if (inherits(matrix, "Matrix")) {
    return(methods::as(methods::as(methods::as(matrix, "dMatrix"), "generalMatrix"), "CsparseMatrix"))
  }
  if (is.matrix(matrix)) {
    storage.mode(matrix) <- "double"
    return(methods::as(methods::as(matrix, "CsparseMatrix"), "generalMatrix"))
  }
  abort_dataset(sprintf(
    "Layer '%s' is of class '%s', which keeps its values outside the file. Save the object with in-memory layers: %s.",
    layer, class(matrix)[1L], "object[[\"RNA\"]]$counts <- as(object[[\"RNA\"]]$counts, \"dgCMatrix\")"
  ))
}

#' The names a Seurat 5 map (a logical matrix, names x layers) holds for a layer.
mapped_names <- function(map, layer) {
  names <- rownames_of(map)
  column <- match(layer, part_of(map, "dimnames")[[2L]])
  present <- matrix(as.logical(map), length(names))[, column]
  names[present]
}

rownames_of <- function(map) part_of(map, "dimnames")[[1L]]

#' A plain assay with the layers of one whose class this SeuratObject does not know
plain_assay <- function(assay, cells) {
  genes <- gene_names_of(assay)
  layers <- lapply(rna_matrices(assay), joined, genes, cells)
  methods::new(
    methods::getClass("Assay", where = asNamespace("SeuratObject")),
    counts = layers$counts %||% methods::new("dgCMatrix"),
    data = layers$data,
    scale.data = matrix(numeric(), 0L, 0L),
    key = part_of(assay, "key"),
    var.features = character(),
    meta.features = data.frame(part_of(assay, "meta.data"), row.names = genes),
    misc = list()
  )
}
