# Phases of the cell cycle as Seurat's CellCycleScoring finds them with its own lists of genes: a cell is scored by how
# much more it expresses the genes of a phase than control genes, drawn from those of similar mean expression.

#: Phases in the order of their sets; the last where the genes do not suffice to tell.
PHASES <- c("G1", "S", "G2M", "Undecided", "Undetermined cycle phase")
#: Genes are divided into this many groups of similar mean expression, equal in size.
EXPRESSION_BINS <- 24L
#: Where Seurat starts its random numbers.
CONTROL_SEED <- 1L

#' The class of cell sets "Phase": a set for each phase that cells are in
score_cell_cycle <- function(dataset, params) {
  scores <- phase_scores(dataset)
  phases <- if (is.null(scores)) rep("Undetermined cycle phase", dataset$n_cells) else phase_of(scores$S, scores$G2M)
  by_id <- order(dataset$cells_id)
  class_of(
    "Phase", "Phase", "cellSets",
    values = factor(phases, PHASES)[by_id], ids = dataset$cells_id[by_id],
    colours = colour_source(pool_of(dataset$object)),
    key_of = function(phase) paste0("Phase-", gsub(" ", "_", phase)), name_of = identity
  )
}

#' The cells' scores for `S` and `G2M`; NULL where there are too few genes for them
phase_scores <- function(dataset) {
  symbols <- cycle_symbols()
  genes <- lapply(symbols, genes_by_symbol, dataset = dataset)
  if (any(lengths(genes) == 0L)) return(NULL)
  everything <- group_statistics(dataset, rep(1L, dataset$n_cells), 1L)
  controls <- seeded(control_genes(everything$sum[, 1L] / dataset$n_cells, genes, min(lengths(symbols))), CONTROL_SEED)
  if (is.null(controls)) return(NULL)
  Map(function(genes, controls) mean_over(dataset, genes) - mean_over(dataset, controls), genes, controls)
}

#' Seurat's lists, read without loading Seurat, which takes seconds
cycle_symbols <- function() {
  utils::data("cc.genes", package = "Seurat", envir = environment())
  stats::setNames(get("cc.genes")[c("s.genes", "g2m.genes")], c("S", "G2M"))
}

#' The genes with these symbols, each once, in the order of the symbols; case counts only where it must
genes_by_symbol <- function(symbols, dataset) {
  known <- c(dataset$genes$original_name, dataset$genes$name)
  place <- match(symbols, known)
  place <- ifelse(is.na(place), match(toupper(symbols), toupper(known)), place)
  unique((place[!is.na(place)] - 1L) %% dataset$n_genes + 1L)
}

#' For each list of genes, `n` genes of similar mean for each of its genes, each once; NULL where there are not as many
#'
#' Random numbers are drawn in the order in which Seurat draws them, so the same genes are found.
control_genes <- function(mean, lists, n) {
  ascending <- order(mean)
  # The noise parts what is equal, such as the genes that no cell expresses.
  parted <- mean[ascending] + stats::rnorm(length(mean)) / 1e30
  breaks <- stats::quantile(parted, seq(0, 1, length.out = EXPRESSION_BINS + 1L))
  if (anyDuplicated(breaks)) return(NULL)
  bin <- cut(parted, breaks, labels = FALSE, right = FALSE, include.lowest = TRUE)
  bins <- lapply(lists, function(genes) bin[match(genes, ascending)])
  if (min(tabulate(bin)[unlist(bins)]) < n) return(NULL)
  lapply(bins, function(bins) {
    drawn <- lapply(bins, function(of) {
      similar <- ascending[bin == of]
      similar[sample.int(length(similar), n)]
    })
    unique(unlist(drawn))
  })
}

mean_over <- function(dataset, genes) cell_totals(dataset, genes, "data")$sum / length(genes)

phase_of <- function(s, g2m) {
  ifelse(s < 0 & g2m < 0, "G1", ifelse(s == g2m, "Undecided", ifelse(s > g2m, "S", "G2M")))
}

register_task("CellCycleScoring", score_cell_cycle)
