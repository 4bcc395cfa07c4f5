# The files of a new experiment: a Seurat object put together from its parts, since Seurat's own way would copy the
# matrices.

#: Packages whose version may change an experiment.
TELLING_PACKAGES <- c("tandem", "Seurat", "SeuratObject", "Matrix", "irlba", "igraph", "uwot", "RcppAnnoy")

#' A Seurat object without its assay
#' @param meta A row a cell, named by cell.
#' @param reductions See [new_reduction()].
#' @param snn The graph of shared neighbours, or NULL.
new_object <- function(meta, reductions, snn, misc) {
  identity <- meta[["seurat_clusters"]] %||% meta$orig.ident
  # Without its assay, which comes last, Seurat 5 takes it for no valid object.
  definition <- methods::getClass("Seurat", where = asNamespace("SeuratObject"))
  object <- definition@prototype
  attr(object, "class") <- definition@className
  parts <- list(
    meta.data = meta, active.assay = "RNA", active.ident = stats::setNames(factor(identity), rownames(meta)),
    reductions = reductions, graphs = if (is.null(snn)) list() else list(RNA_snn = SeuratObject::as.Graph(snn)),
    project.name = misc$experimentId, misc = misc, version = utils::packageVersion("SeuratObject")
  )
  for (name in names(parts)) methods::slot(object, name, check = FALSE) <- parts[[name]]
  object
}

#' The assay of an object
#' @param matrices See [parcel_matrices()].
new_assay <- function(matrices, variable) {
  methods::new(
    methods::getClass("Assay", where = asNamespace("SeuratObject")),
    counts = matrices$counts, data = matrices$data, scale.data = matrix(numeric(), 0L, 0L), key = "rna_",
    var.features = variable, meta.features = data.frame(row.names = rownames(matrices$counts)), misc = list()
  )
}

#: How Seurat names the columns of the reductions that it knows.
REDUCTION_KEYS <- c(pca = "PC_", umap = "UMAP_", tsne = "tSNE_")

#' A reduction for an object
#' @param embedding A row a cell, in the order of `cells`.
new_reduction <- function(name, embedding, cells, loadings = NULL, sdev = numeric()) {
  letters <- gsub("[^[:alnum:]]", "", name)
  plain <- if (nzchar(letters)) paste0(letters, "_") else "reduction_"
  key <- if (name %in% names(REDUCTION_KEYS)) REDUCTION_KEYS[[name]] else plain
  dimnames(embedding) <- list(cells, paste0(key, seq_len(ncol(embedding))))
  SeuratObject::CreateDimReducObject(
    embedding, loadings = loadings %||% methods::new("matrix"), stdev = sdev, key = key, assay = "RNA"
  )
}

#' What analyses find in `misc`
#' @param dispersion See [standardised_variance()].
#' @param active The reduction that cells are near or far in, and how many of its components count.
experiment_notes <- function(genes, dispersion, active, components, request, species) {
  list(
    gene_annotations = genes,
    gene_dispersion = data.frame(dispersion, SYMBOL = genes$name, ENSEMBL = genes$input, row.names = genes$input),
    color_pool = colour_pool(),
    active.reduction = active,
    numPCs = components,
    experimentId = request$id,
    name = request$name,
    species = species,
    normalisation = request$options$normalisation
  )
}

#' Write `r.rds`, and complete the store whose layers are there
#' @param object With its assay.
write_object <- function(object, folder, genes) {
  store <- file.path(folder, "store")
  put_in_place(file.path(folder, "r.rds"), function(path) {
    write_rds(object, path)
    checksum <- checksum_of_file(path, threads())
    for (layer in layer_files(store)) layer_assign(file.path(store, layer), checksum)
    complete_store(object, gene_table(genes, genes$input), store, checksum)
  })
}

versions_in_use <- function() {
  found <- Filter(function(package) nzchar(system.file(package = package)), TELLING_PACKAGES)
  c(R = as.character(getRversion()), vapply(found, function(package) as.character(utils::packageVersion(package)), ""))
}
