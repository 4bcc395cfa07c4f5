# What a data set brings along is kept, and not computed anew.

#: Columns that an experiment has of its own, made anew from the counts or used under these very names.
OWN_COLUMNS <- c(
  "nCount_RNA", "nFeature_RNA", "percent.mt", "samples", "cells_id", "orig.ident", "doublet_scores", "seurat_clusters"
)

#' The sample of each cell; without a column that tells, all are of one
samples_of <- function(parcel, id) {
  samples <- parcel$columns[["samples"]]
  if (is.null(samples)) return(factor(rep(id, parcel$n_cells)))
  without <- sum(is.na(samples))
  if (without) {
    abort_dataset(sprintf("%s of %s cells have no sample.", with_commas(without), with_commas(parcel$n_cells)))
  }
  in_order(as.character(samples))
}

#' Names of the cells: their barcodes, behind the sample's name where a barcode occurs twice in the data
cell_names <- function(barcodes, samples) {
  if (!anyDuplicated(barcodes)) return(barcodes)
  make.unique(paste(samples, barcodes, sep = "_"))
}

#' Whether there are components of every cell
has_components <- function(parcel) {
  pca <- parcel$reductions[["pca"]]
  !is.null(pca) && ncol(pca) >= 2L && all(is.finite(pca))
}

#' The reductions of the cells that were kept, by name
given_reductions <- function(parcel, kept, names) {
  given <- parcel$reductions
  if (!has_components(parcel)) given$pca <- NULL
  sapply(names(given), function(name) {
    new_reduction(name, given[[name]][kept, , drop = FALSE], names)
  }, simplify = FALSE)
}

#' The clusters of the cells that were kept, or NULL
given_clusters <- function(parcel, kept) {
  clusters <- parcel$columns[["seurat_clusters"]]
  if (is.null(clusters)) return(NULL)
  clusters <- droplevels(in_order(clusters[kept]))
  # As our own exports call them.
  if (all(grepl("^Cluster [0-9]+$", levels(clusters)))) levels(clusters) <- sub("^Cluster ", "", levels(clusters))
  clusters
}

#' What is known of the cells that were kept
#' @param cells See [cell_quality()].
kept_metadata <- function(parcel, cells, kept, names, clusters) {
  quality <- cells[kept, ]
  columns <- parcel$columns[kept, , drop = FALSE]
  samples <- as.character(quality$sample)
  scores <- if (all(is.na(quality$score))) columns[["doublet_scores"]] else quality$score
  meta <- list(
    orig.ident = columns[["orig.ident"]] %||% in_order(samples),
    nCount_RNA = quality$counts,
    nFeature_RNA = quality$genes,
    cells_id = as.integer(columns[["cells_id"]] %||% (kept - 1L)),
    samples = samples,
    percent.mt = quality$mito,
    doublet_scores = scores
  )
  others <- columns[setdiff(names(columns), OWN_COLUMNS)]
  meta <- c(Filter(Negate(is.null), meta), as.list(others), if (!is.null(clusters)) list(seurat_clusters = clusters))
  data.frame(meta, row.names = names, check.names = FALSE)
}

#' Given cell sets of no other cells than these
#' @param sets What a `cell_sets.json` holds.
sets_within <- function(sets, ids) {
  sets$cellSets <- lapply(sets$cellSets, function(class) {
    class$children <- lapply(class$children, function(set) {
      found <- as.integer(unlist(set$cellIds))
      set$cellIds <- I(found[found %in% ids])
      set
    })
    class
  })
  sets
}

#' The colours of columns' values, each named by its value
given_colours <- function(parcel) {
  sapply(names(parcel$colours), function(name) {
    stats::setNames(parcel$colours[[name]], levels(parcel$columns[[name]]))
  }, simplify = FALSE)
}
