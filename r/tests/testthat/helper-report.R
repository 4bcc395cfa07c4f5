# Facts about imports, as the pipeline gathers them.

#' What an import of some samples would tell: four groups of cells, and barcodes of each kind that is left out.
example_facts <- function(n_kept = 400L, n_samples = 2L, n_genes = 300L, reasons = c(
                           "empty droplet" = 900L, "few genes" = 30L, "mitochondrial" = 40L, "doublet" = 15L
                         )) {
  withr::with_seed(11, {
    names <- sprintf("Donor %d", seq_len(n_samples))
    group <- rep_len(1:4, n_kept)
    sample_of <- function(n) factor(rep_len(names, n), names)
    rows <- function(n, reason, counts, mito, score = NA_real_) {
      data.frame(
        sample = sample_of(n), counts = counts + 1, genes = round((counts + 1)^0.85), mito = mito,
        score = rep_len(score, n), reason = rep_len(reason, n)
      )
    }
    of_reason <- function(reason, n) {
      counts <- switch(reason,
        "empty droplet" = rgeom(n, 1 / 50), "few genes" = rpois(n, 150), round(rlnorm(n, 8, 0.4))
      )
      mito <- if (reason == "mitochondrial") runif(n, 21, 80) else rgamma(n, 4, scale = 1.5)
      rows(n, reason, counts, mito, if (reason == "doublet") runif(n, 0.5, 1) else NA_real_)
    }
    before <- do.call(rbind, c(
      list(rows(
        n_kept, "kept", 600 + round(rlnorm(n_kept, 8, 0.5)), pmin(rgamma(n_kept, 4, scale = 1.5), 20),
        pmin(rbeta(n_kept, 1.2, 6), 0.5)
      )),
      Map(of_reason, names(reasons), reasons)
    ))
    before$reason <- factor(
      before$reason, c("kept", "empty droplet", "few genes", "many genes", "mitochondrial", "doublet")
    )
    mean <- rexp(n_genes)
    variance <- rgamma(n_genes, 2)
    list(
      id = "two-donors", name = "Cells of two donors", species = "human",
      source = list(
        format = "10x folder", files = list(list(name = "a/matrix.mtx.gz", bytes = 48211034, cells = n_kept)),
        warnings = c("Gene names that came twice got their ids.")
      ),
      options = replace(IMPORT_DEFAULTS, c("max_doublet_score", "resolution"), list(0.5, 1.2)),
      versions = c(tandem = "0.1.0", R = "4.2.2"),
      notes = c(filter = "70 cells outside of the bounds were left out.", cluster = "Leiden found 4 clusters."),
      before = before, sdev = 12 / sqrt(seq_len(min(30L, n_kept))),
      layout = cbind(UMAP_1 = 6 * cos(1.6 * group), UMAP_2 = 6 * sin(1.6 * group)) + rnorm(2 * n_kept),
      clusters = factor(group - 1L), samples = sample_of(n_kept),
      genes = data.frame(
        name = sprintf("GENE%d", seq_len(n_genes)), mean = mean, variance.standardized = variance,
        variable = rank(-variance) <= n_genes / 5
      )
    )
  })
}
