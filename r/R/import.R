# From a parcel to an experiment. What each step does stands elsewhere; here is their order and what is handed on.

#: What layers say they are made of while there is no r.rds yet.
NO_SOURCE <- "0"
#: What Seurat's own clustering starts from unless told otherwise.
SEURAT_SEED <- 0L

#' Make an experiment of a parcel
#'
#' What the parcel has (components, a layout, clusters, cell sets) is kept, the rest computed. Cells keep the ids that
#' they have among all of the parcel, so ids may have gaps. The same parcel and request give the same bytes of all but
#' `import.json`, which tells the date and the times.
#' @param parcel The parcel's folder.
#' @param folder Where `r.rds`, `cell_sets.json`, the store, `report.html` and `import.json` go.
#' @param request A file: `id`, `name`, `options` and `harmony`, the command that corrects components.
#' @export
import_experiment <- function(parcel, folder, request) {
  request <- jsonlite::read_json(request, simplifyVector = TRUE)
  parcel <- open_parcel(parcel)
  if (!"counts" %in% parcel$layers) abort_dataset("The data holds no counts.")
  genes <- annotate_genes(parcel$gene_ids, parcel$gene_names)
  dir.create(file.path(folder, "store"), recursive = TRUE, showWarnings = FALSE)
  plan_steps(planned_steps(parcel, request$options))

  cells <- choose_cells(parcel, genes, folder, request)
  analysis <- analyse_cells(parcel, cells, genes, folder, request)
  take_step("report", write_report(folder, report_facts(parcel, cells, genes, analysis, request)))
  take_step("write", {
    write_sets(analysis$object, parcel, folder)
    write_matrices(parcel, cells, genes, analysis, folder)
  })
  write_record(parcel, cells, analysis$object, request, folder)
  invisible(folder)
}

#' The steps that are neither switched off nor done already by whoever made the data
planned_steps <- function(parcel, options) {
  off <- c(
    droplets = options$empty_droplets == "keep" || (is_analysed(parcel) && options$empty_droplets == "auto"),
    doublets = !options$doublets || "doublet_scores" %in% names(parcel$columns),
    components = has_components(parcel),
    integration = options$integration == "none",
    neighbours = options$clustering == "none",
    clusters = options$clustering == "none" || "seurat_clusters" %in% names(parcel$columns),
    layout = options$layout == "none" || "umap" %in% names(parcel$reductions)
  )
  setdiff(names(STEP_LABELS), names(off)[off])
}

#' Whether the author of the data has chosen the cells already
is_analysed <- function(parcel) isTRUE(parcel$notes$analysed)

#' Find the cells among the barcodes, and write their counts into the store
#' @return See [cell_quality()].
choose_cells <- function(parcel, genes, folder, request) {
  options <- request$options
  bounds <- bounds_of(options, is_analysed(parcel))
  of_score <- bounds$of == "score"
  cells <- take_step("read", cell_quality(parcel, genes, samples_of(parcel, request$id)))
  cells <- take_step("droplets", without_droplets(cells, options$empty_droplets == "remove"), otherwise = cells)
  cells <- take_step("filter", {
    cells <- within_bounds(cells, bounds[!of_score, ], is_analysed(parcel))
    write_parcel_cells(parcel, which(cells$reason == "kept"), genes$input, folder, "counts")
    cells
  })
  take_step("doublets", {
    cells <- with_doublet_scores(cells, genes, folder)
    if (any(of_score)) {
      cells <- within_bounds(cells, bounds[of_score, ], is_analysed(parcel))
      write_parcel_cells(parcel, which(cells$reason == "kept"), genes$input, folder, "counts")
    }
    cells
  }, otherwise = cells)
}

with_doublet_scores <- function(cells, genes, folder) {
  kept <- which(cells$reason == "kept")
  layer <- open_layer(folder, "counts")
  variable <- most_variable(standardised_variance(layer), DOUBLET_GENES)
  counts <- layer_matrix(layer, variable)
  cells$score[kept] <- doublet_scores(counts, cells$counts[kept], cells$sample[kept])
  note_step("The median score is %.2f.", stats::median(cells$score[kept], na.rm = TRUE))
  cells
}

#' Everything that is computed of the cells that were kept, and the object of it, which has no assay yet
#' @return `object`, `dispersion` (of every gene), `variable` (genes' places) and `sdev`.
analyse_cells <- function(parcel, cells, genes, folder, request) {
  options <- request$options
  kept <- which(cells$reason == "kept")
  names <- cell_names(parcel$barcodes, cells$sample)[kept]
  totals <- cells$counts[kept]

  residuals <- take_step("normalise", normalise(parcel, kept, names, genes, folder, options))
  layer <- open_layer(folder, "counts")
  dispersion <- NULL
  variable <- take_step("variable", {
    dispersion <- standardised_variance(layer)
    is_sct <- !is.null(residuals)
    found <- if (is_sct) match(colnames(residuals), genes$input) else most_variable(dispersion, options$variable_genes)
    note_step("%s genes.", with_commas(length(found)))
    found
  })
  dimnames <- list(names, genes$input[variable])
  reductions <- given_reductions(parcel, kept, names)
  pca <- take_step("components", {
    note_step("%d components of the variable genes, scaled.", options$components)
    if (is.null(residuals)) {
      scaled_components(layer, variable, totals, options$components, dimnames)
    } else {
      components_of_matrix(residuals, options$components)
    }
  })
  residuals <- NULL
  if (!is.null(pca)) reductions$pca <- new_reduction("pca", pca$embedding, names, pca$loadings, pca$sdev)
  corrected <- take_step("integration", integrated(
    reductions$pca@cell.embeddings, function() layer_matrix(layer, variable, dimnames), totals, cells$sample[kept],
    request
  ))
  for (name in names(corrected)) reductions[[name]] <- new_reduction(name, corrected[[name]], names)

  layer <- NULL # what is mapped of it counts as memory too
  active <- intersect(c("integrated", "harmony", "pca"), names(reductions))[[1L]]
  components <- reductions[[active]]@cell.embeddings
  components <- components[, seq_len(min(ncol(components), options$components)), drop = FALSE]
  snn <- take_step("neighbours", {
    note_step("By %d components of '%s'.", ncol(components), active)
    shared_neighbours(components, "euclidean")
  })
  clusters <- take_step("clusters", clusters_of(snn, options), otherwise = given_clusters(parcel, kept))
  layout <- take_step("layout", {
    if (ncol(components) > 1L) {
      note_step("UMAP by %d components of '%s'.", ncol(components), active)
      embed_umap(components)
    } else {
      note_step("There is none: UMAP needs at least two components, and '%s' has one.", active)
    }
  })
  if (!is.null(layout)) reductions$umap <- new_reduction("umap", layout, names)

  misc <- experiment_notes(genes, dispersion, active, ncol(components), request, options$species %||% species_of(genes))
  meta <- kept_metadata(parcel, cells, kept, names, clusters)
  list(object = new_object(meta, reductions, snn, misc), dispersion = dispersion, variable = variable, sdev = pca$sdev)
}

#' Write normalised expression into the store
#' @return The residuals that components come from instead, where they are asked for (see [transformed_residuals()]).
normalise <- function(parcel, kept, names, genes, folder, options) {
  write_parcel_cells(parcel, kept, genes$input, folder, "data", change = normalised)
  note_step("Each cell scaled to %s counts, then log1p.", with_commas(NORMALISED_TOTAL))
  if (options$normalisation != "sct") return(NULL)
  note_step("Components come from the residuals of SCTransform.")
  transformed_residuals(parcel_matrices(parcel, kept, list(genes$input, names))$counts, options$variable_genes)
}

#' The places of the genes that vary most, the most variable first; genes that no cell has do not vary
most_variable <- function(dispersion, n) {
  by_variance <- order(dispersion$variance.standardized, decreasing = TRUE)
  found <- utils::head(by_variance[dispersion$mean[by_variance] != 0], n)
  if (length(found) < 2L) abort_dataset("Fewer than two genes have any counts in the cells that are left.")
  found
}

clusters_of <- function(snn, options) {
  found <- switch(options$clustering,
    louvain = louvain_clusters(snn, options$resolution, SEURAT_SEED),
    leiden = leiden_clusters(snn, options$resolution)
  )
  made <- how_many(length(unique(found)), "cluster")
  note_step("%s by %s at resolution %s.", made, options$clustering, options$resolution)
  factor(found)
}

report_facts <- function(parcel, cells, genes, analysis, request) {
  meta <- analysis$object@meta.data
  list(
    id = request$id, name = request$name, species = analysis$object@misc$species, source = parcel$notes,
    options = request$options, versions = versions_in_use(), notes = unlist(import_steps$notes),
    before = cells[cells$counts > 0 | cells$reason == "kept", ], sdev = analysis$sdev,
    layout = plane_of(analysis$object@reductions[["umap"]]),
    clusters = factor(analysis$object@active.ident), samples = in_order(meta$samples),
    genes = data.frame(
      name = genes$name, analysis$dispersion[c("mean", "variance.standardized")],
      variable = seq_along(genes$name) %in% analysis$variable
    )
  )
}

#' The first two dimensions of a reduction that has them, else NULL
plane_of <- function(reduction) {
  if (!is.null(reduction) && ncol(reduction@cell.embeddings) > 1L) reduction@cell.embeddings[, 1:2]
}

#' Write the cell sets; those that came with the data stay as they are, but for cells that were left out
write_sets <- function(object, parcel, folder) {
  given <- file.path(parcel$folder, "cell_sets.json")
  put_in_place(file.path(folder, "cell_sets.json"), function(path) {
    if (!file.exists(given)) return(write_json(cell_sets_of(object, given_colours(parcel)), path))
    if (nrow(object@meta.data) == parcel$n_cells) return(file.copy(given, path))
    sets <- sets_within(jsonlite::read_json(given), cell_ids(object@meta.data))
    jsonlite::write_json(sets, path, auto_unbox = TRUE, null = "null", digits = NA)
  })
}

#' Give the object its matrices, which are in memory from here on, and write it
write_matrices <- function(parcel, cells, genes, analysis, folder) {
  names <- rownames(analysis$object@meta.data)
  matrices <- parcel_matrices(parcel, which(cells$reason == "kept"), list(genes$input, names))
  analysis$object@assays <- list(RNA = new_assay(matrices, genes$input[analysis$variable]))
  write_object(analysis$object, folder, genes)
}

#' Write down what was done, when and with what
write_record <- function(parcel, cells, object, request, folder) {
  in_samples <- split(cells$reason, factor(cells$sample, unique(cells$sample)))
  samples <- lapply(in_samples, function(reasons) as.list(table(droplevels(reasons))))
  record <- list(
    id = request$id, name = request$name, date = format(Sys.time(), "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"),
    species = object@misc$species, genes = parcel$n_genes, cells = nrow(object@meta.data),
    clusters = nlevels(factor(object@meta.data[["seurat_clusters"]])), samples = samples, source = parcel$notes,
    options = request$options, seed = SEED, steps = import_steps$notes, seconds = import_steps$seconds,
    versions = as.list(versions_in_use())
  )
  put_in_place(file.path(folder, "import.json"), function(path) {
    jsonlite::write_json(record, path, auto_unbox = TRUE, pretty = TRUE, digits = 4L, null = "null")
  })
}
