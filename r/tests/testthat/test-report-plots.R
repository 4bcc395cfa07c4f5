# PNG says its size in bytes 17 to 24.
size_of <- function(picture) {
  bytes <- jsonlite::base64_dec(picture_base64(picture))
  expect_identical(bytes[1:4], as.raw(c(0x89, 0x50, 0x4e, 0x47)))
  readBin(bytes[17:24], "integer", 2L, endian = "big")
}

pictures_of <- function(facts) {
  barcodes <- barcodes_of(facts)
  Filter(length, c(quality_pictures(facts, barcodes), structure_pictures(facts, barcodes)))
}

titles_of <- function(pictures) vapply(pictures, `[[`, "", "title")

one_of <- function(pictures, title) pictures[[match(title, titles_of(pictures))]]

test_that("pictures are drawn with two dots for each of the page, silently and with no device left open", {
  expect_silent(sizes <- lapply(pictures_of(example_facts()), size_of))
  expect_setequal(vapply(sizes, `[[`, 0L, 1L), 960L)
  expect_null(grDevices::dev.list())
})

test_that("four cells, one sample and values that are all the same can be drawn", {
  facts <- example_facts(4L, 1L, 30L, integer())
  facts$before[c("counts", "genes", "mito", "score")] <- list(500, 300, 0, 0)
  expect_silent(sizes <- lapply(pictures_of(facts), size_of))
  expect_length(sizes, 10L)
  one <- example_facts(1L, 1L, 3L, integer())
  one$before[c("counts", "genes")] <- 0
  expect_silent(lapply(pictures_of(one), size_of))
})

test_that("a sample without a kept cell keeps its place", {
  facts <- example_facts()
  gone <- facts$samples == "Donor 2"
  facts$before$reason[facts$before$sample == "Donor 2"] <- "few genes"
  facts[c("samples", "clusters")] <- lapply(facts[c("samples", "clusters")], `[`, !gone)
  facts$layout <- facts$layout[!gone, ]
  pictures <- pictures_of(facts)
  expect_silent(lapply(pictures[titles_of(pictures) %in% c("Counts", "Samples")], size_of))
  expect_match(one_of(pictures, "Counts")$alt, "Donor 2 [0-9,]+ before, \u2013 after")
})

test_that("with many samples pictures grow, and every sample has a panel", {
  facts <- example_facts(400L, 40L)
  pictures <- pictures_of(facts)
  expect_silent(lapply(pictures[titles_of(pictures) %in% c("Counts", "Samples")], size_of))
  violins <- one_of(pictures, "Counts")
  expect_gt(violins$height, 40L * 20L)
  expect_match(violins$alt, "in 40 samples. Medians: from [0-9,]+ to [0-9,]+ before; from [0-9,]+ to [0-9,]+ after")
  expect_identical(nrow(ggplot2::ggplot_build(one_of(pictures, "Barcodes by their counts")$plot)$layout$layout), 40L)
})

test_that("of very many cells some are drawn, always the same, and the page says so", {
  cells <- MOST_POINTS + 500L
  facts <- example_facts(cells, 2L, 30L, c("empty droplet" = 100000L))
  barcodes <- barcodes_of(facts)
  drawn <- placed_cells(facts, barcodes)
  expect_identical(nrow(drawn), MOST_POINTS)
  expect_identical(placed_cells(facts, barcodes), drawn)
  expect_match(embedding_pictures(facts, barcodes)[[1L]]$caption, "Drawn: 60,000 of 60,500 cells.", fixed = TRUE)
  knee <- knee_picture(barcodes, c("red", "blue"))$plot$data
  expect_lte(nrow(knee), KNEE_POINTS)
  expect_equal(10^max(knee$x), 80250)
})

test_that("cells in the layout have the cluster, the sample and the score that are theirs", {
  facts <- example_facts()
  set.seed(3)
  mixed <- sample(nrow(facts$before))
  kept <- which(facts$before$reason[mixed] == "kept")
  order_of_kept <- mixed[kept]
  facts$before <- facts$before[mixed, ]
  facts$layout <- facts$layout[order_of_kept, ]
  facts$layout[5L, ] <- NA
  facts$clusters <- facts$clusters[order_of_kept]
  facts$samples <- facts$samples[order_of_kept]
  cells <- placed_cells(facts, barcodes_of(facts))
  expect_identical(nrow(cells), 399L)
  place <- match(cells$x, facts$layout[, 1L])
  expect_identical(as.character(cells$cluster), as.character(facts$clusters[place]))
  expect_identical(levels(facts$samples)[cells$sample], as.character(facts$samples[place]))
  expect_identical(cells$score, facts$before$score[facts$before$reason == "kept"][place])
})

test_that("the kept half of a violin is the part of the other that was kept", {
  values <- c(1, 2, 2, 3, 3, 3, 4, 9)
  halves <- violin_of(values, values < 5, 1L, 0.1)$halves
  top <- halves$y[halves$when == "before"][seq_len(DENSITY_POINTS)] - 1
  bottom <- 1 - halves$y[halves$when == "after"][seq_len(DENSITY_POINTS)]
  expect_true(all(bottom <= top + 1e-3))
  expect_equal(max(top), HALF_HEIGHT)
  expect_equal(bottom[DENSITY_POINTS], 0, tolerance = 1e-3)
  expect_gt(top[DENSITY_POINTS], 0.02)
})

test_that("bounds are drawn where they held", {
  kept <- c(100, 300, NA)
  expect_identical(applied_bounds(kept, list(min_genes = 100L, max_genes = NULL)), 100)
  expect_identical(applied_bounds(kept, list(min_genes = 200L, max_genes = 300L)), 300)
  expect_identical(applied_bounds(kept, list()), numeric())
  expect_match(one_of(pictures_of(example_facts()), "Genes")$alt, "Bounds: 200.", fixed = TRUE)
})

test_that("clusters and samples have the colours of the experiment's cell sets", {
  facts <- example_facts()
  colours <- report_colours(facts, barcodes_of(facts))
  expect_identical(colours$clusters, colour_pool()[1:4])
  expect_identical(colours$samples, colour_pool()[5:6])
})

test_that("the genes that vary most are named", {
  genes <- example_facts()$genes
  top <- genes$name[order(genes$variance.standardized, decreasing = TRUE)][1:10]
  picture <- gene_picture(genes)
  expect_match(picture$alt, paste(top, collapse = ", "), fixed = TRUE)
  expect_match(picture$alt, "300 genes by mean; 60 are chosen", fixed = TRUE)
})

test_that("labels are moved apart, and marks of an axis are round", {
  expect_equal(spread(c(10, 9.9, 5), 1), c(10, 9, 5))
  expect_equal(10^log_breaks(c(0, 4.5)), 10^(0:5))
  expect_equal(10^log_breaks(c(2, 4)), c(100, 300, 1000, 3000, 10000, 30000))
  expect_gte(length(log_breaks(log10(c(1400, 3100)))), 3L)
  expect_identical(log_labels(c(-2, 0, 4)), c("0.01", "1", "10,000"))
})
