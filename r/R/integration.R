# Taking the differences between samples out of the components, where it is asked for.

#: How many neighbours Seurat weighs a correction by, and how many it filters and scores anchors with, at most.
ANCHOR_WEIGHTS <- 100L
ANCHOR_FILTER <- 200L
ANCHOR_SCORES <- 30L
#: A sample needs this many cells to be held against another.
INTEGRATED_CELLS <- 30L

#' The reductions that take the place of the components, by name; none of one sample
#' @param profiles Called to get the counts of the variable genes, cells x genes.
integrated <- function(embedding, profiles, totals, samples, request) {
  if (length(unique(samples)) < 2L) {
    note_step("Skipped: there is one sample, and nothing to integrate it with.")
    return(list())
  }
  switch(request$options$integration,
    harmony = list(harmony = harmonised(embedding, samples, request$harmony)),
    rpca = list(integrated = anchored_components(profiles(), totals, samples, request$options$components))
  )
}

#' How many anchors a correction is weighed by: no more than any two samples have cells in theirs
anchor_weights <- function(anchors) {
  cells <- tapply(anchors$cell2, anchors[c("dataset1", "dataset2")], function(cells) length(unique(cells)))
  min(ANCHOR_WEIGHTS, cells, na.rm = TRUE)
}

#' Correct components by Harmony, which is another program
#' @param embedding Cells x components.
#' @param command The program and its arguments; the folder of the exchange is added.
harmonised <- function(embedding, samples, command) {
  folder <- tempfile("harmony-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  writeBin(as.numeric(embedding), file.path(folder, "pca.bin"), endian = "little")
  shape <- list(cells = nrow(embedding), components = ncol(embedding))
  jsonlite::write_json(shape, file.path(folder, "pca.json"), auto_unbox = TRUE)
  write_text_lines(file.path(folder, "samples.txt"), samples)
  complaints <- file.path(folder, "complaints.txt")
  said <- suppressWarnings(system2(
    command[[1L]], shQuote(c(command[-1L], folder)), stdout = TRUE, stderr = complaints
  ))
  status <- attr(said, "status") %||% 0L
  if (status != 0L) {
    last <- utils::tail(readLines(complaints, warn = FALSE), 1L)
    abort_dataset(sprintf("Harmony ended with status %d: %s", status, paste(last, collapse = "")))
  }
  note_step("Corrected over %d samples by %s.", length(unique(samples)), paste(said, collapse = " "))
  found <- readBin(file.path(folder, "harmony.bin"), "double", length(embedding), endian = "little")
  matrix(found, nrow(embedding))
}

#' Components of expression that Seurat's anchors between the samples have corrected ("rpca")
#' @param counts Cells x variable genes, both named.
#' @param totals The counts of each cell, of all genes.
anchored_components <- function(counts, totals, samples, n) {
  sizes <- table(samples)
  if (min(sizes) < INTEGRATED_CELLS) {
    abort_dataset(sprintf(
      "Sample %s has %d cells, and %d are needed to integrate it. Import without it, or with --integration harmony.",
      names(sizes)[[which.min(sizes)]], min(sizes), INTEGRATED_CELLS
    ))
  }
  n <- min(n, min(sizes) - 1L, ncol(counts) - 1L)
  values <- Matrix::t(profiles_of(counts, totals))
  genes <- rownames(values)
  objects <- lapply(split(colnames(values), samples), function(cells) {
    # Seurat 5 would make an assay of its own class of a bare matrix, and take it for counts.
    object <- SeuratObject::CreateSeuratObject(SeuratObject::CreateAssayObject(data = values[, cells]))
    object <- Seurat::ScaleData(object, features = genes, verbose = FALSE)
    Seurat::RunPCA(object, features = genes, npcs = n, seed.use = SEED, verbose = FALSE)
  })
  joined <- seeded(suppressWarnings({
    anchors <- Seurat::FindIntegrationAnchors(
      unname(objects), anchor.features = genes, reduction = "rpca", dims = seq_len(n), verbose = FALSE,
      k.filter = min(ANCHOR_FILTER, min(sizes) - 1L), k.score = min(ANCHOR_SCORES, min(sizes) - 1L)
    )
    Seurat::IntegrateData(anchors, dims = seq_len(n), k.weight = anchor_weights(anchors@anchors), verbose = FALSE)
  }))
  scaled <- Seurat::ScaleData(joined, features = genes, verbose = FALSE)
  scaled <- scaled_values(scaled, "integrated")
  note_step("Corrected over %d samples by Seurat's anchors.", length(sizes))
  components_of_matrix(t(scaled)[colnames(values), , drop = FALSE], n)$embedding
}
