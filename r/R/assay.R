# Seurat 4 and 5 name their accessors differently, and SeuratObject 4 does not know Seurat 5's class: its objects
# are then bare attributes. Reading attributes works for each of them.

part_of <- function(x, name) attr(x, name, exact = TRUE)

#' The part of a Seurat object that holds the RNA: its assay "RNA", else the active one.
rna_assay <- function(object) {
  assays <- part_of(object, "assays")
  assays[["RNA"]] %||% assays[[part_of(object, "active.assay")]]
}

is_assay5 <- function(assay) class(assay)[1L] %in% c("Assay5", "StdAssay")

#' The names of the genes of an assay, in the order of its rows
gene_names_of <- function(assay) {
  if (is_assay5(assay)) return(rownames_of(part_of(assay, "features")))
  union(rownames(part_of(assay, "counts")), rownames(part_of(assay, "data")))
}

#' One layer of an assay as a sparse matrix, genes x cells, or NULL when the assay does not have it
#'
#' Layers that Seurat 5 split by sample (`counts.1`, `counts.2`, ...) are joined.
#' @param cells The cells of the object: the columns, in this order.
assay_layer <- function(assay, layer, cells) {
  genes <- gene_names_of(assay)
  if (!is_assay5(assay)) {
    matrix <- part_of(assay, layer)
    if (is.null(matrix) || !all(dim(matrix))) return(NULL)
    return(placed(list(as_sparse(matrix, layer)), list(rownames(matrix)), list(colnames(matrix)), genes, cells))
  }
  layers <- part_of(assay, "layers")
  pieces <- names(layers)[names(layers) == layer | startsWith(names(layers), paste0(layer, "."))]
  if (!length(pieces)) return(NULL)
  placed(
    lapply(pieces, function(piece) as_sparse(layers[[piece]], piece)),
    lapply(pieces, function(piece) mapped_names(part_of(assay, "features"), piece)),
    lapply(pieces, function(piece) mapped_names(part_of(assay, "cells"), piece)),
    genes, cells
  )
}

#' Put matrices with their own genes and cells at their places in one matrix of all genes and cells.
placed <- function(matrices, genes_of, cells_of, genes, cells) {
  if (length(matrices) == 1L && identical(genes_of[[1L]], genes) && identical(cells_of[[1L]], cells)) {
    whole <- matrices[[1L]]
    dimnames(whole) <- list(genes, cells)
    return(whole)
  }
  entries <- Map(function(matrix, own_genes, own_cells) {
    matrix <- methods::as(matrix, "TsparseMatrix")
    list(
      gene = match(own_genes, genes)[matrix@i + 1L],
      cell = match(own_cells, cells)[matrix@j + 1L],
      value = matrix@x
    )
  }, matrices, genes_of, cells_of)
  every <- function(field) unlist(lapply(entries, `[[`, field))
  if (anyNA(every("gene")) || anyNA(every("cell"))) {
    abort_dataset("The RNA assay holds cells or genes that the object does not name. Save it anew from Seurat.")
  }
  Matrix::sparseMatrix(
    every("gene"), every("cell"), x = every("value"),
    dims = c(length(genes), length(cells)), dimnames = list(genes, cells)
  )
}

as_sparse <- function(matrix, layer) {
  if (inherits(matrix, "dgCMatrix")) return(matrix)
  if (inherits(matrix, c("dgTMatrix", "dgRMatrix", "dgeMatrix"))) {
    return(methods::as(methods::as(matrix, "CsparseMatrix"), "generalMatrix"))
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

#' The layers that analyses read: counts where there are any, and log-normalised data
rna_layers <- function(assay, cells) {
  counts <- assay_layer(assay, "counts", cells)
  data <- assay_layer(assay, "data", cells)
  if (is.null(counts) && is.null(data)) abort_dataset("The RNA assay of this object holds neither counts nor data.")
  layers <- list(counts = counts, data = data %||% normalised(counts))
  Filter(Negate(is.null), layers)
}

#' A plain assay with the layers of one whose class this SeuratObject does not know
plain_assay <- function(assay, cells) {
  layers <- rna_layers(assay, cells)
  methods::new(
    methods::getClass("Assay", where = asNamespace("SeuratObject")),
    counts = layers$counts %||% methods::new("dgCMatrix"),
    data = layers$data,
    scale.data = matrix(numeric(), 0L, 0L),
    key = part_of(assay, "key"),
    var.features = character(),
    meta.features = data.frame(part_of(assay, "meta.data"), row.names = gene_names_of(assay)),
    misc = list()
  )
}
