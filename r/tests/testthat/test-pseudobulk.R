#' Pools of some cells of the generated experiment, by sample and, where asked, by side.
plain_pools <- function(object, base, background) {
  side <- ifelse(object$cells_id %in% base, "base", ifelse(object$cells_id %in% background, "background", NA))
  pool <- paste(side, object$samples)
  pools <- unique(data.frame(pool, side, sample = object$samples)[!is.na(side), ])
  pools <- pools[order(pools$side, pools$sample), ]
  counts <- as.matrix(object@assays$RNA@counts)
  list(pools = pools, counts = vapply(pools$pool, function(p) rowSums(counts[, pool == p]), numeric(nrow(counts))))
}

#' edgeR and limma, called as their guides do; `design` is made from the pools.
plain_fit <- function(plain, design, contrast, block = NULL) {
  y <- edgeR::DGEList(plain$counts, group = plain$pools$side)
  y <- y[edgeR::filterByExpr(y, group = plain$pools$side), ]
  v <- limma::voomWithQualityWeights(edgeR::calcNormFactors(y), design)
  alike <- if (!is.null(block)) limma::duplicateCorrelation(v, design, block = block)$consensus.correlation
  fit <- limma::lmFit(v, design, block = block, correlation = alike)
  fit <- limma::eBayes(limma::contrasts.fit(fit, contrast), robust = TRUE)
  limma::topTable(fit, number = Inf, sort.by = "p")
}

expect_same_table <- function(found, expected) {
  tested <- found[seq_len(nrow(expected)), ]
  expected <- expected[tested$Gene, ]
  expect_setequal(tested$Gene, rownames(expected))
  expect_equal(tested$p_val, expected$P.Value, tolerance = 1e-7)
  expect_equal(tested$p_val_adj, expected$adj.P.Val, tolerance = 1e-7)
  expect_equal(tested$logFC, expected$logFC, tolerance = 1e-7)
  expect_equal(tested$AveExpr, expected$AveExpr, tolerance = 1e-7)
  expect_false(is.unsorted(tested$p_val))
  untested <- found[-seq_len(nrow(expected)), c("p_val", "logFC", "AveExpr", "p_val_adj")]
  expect_true(all(is.na(untested)))
}

#' Compare samples on the service's path, and the same pools for calling the packages plainly.
between <- function(base, background, object = sample_object(), dataset = sample_dataset()) {
  compare(dataset, base, background, type = "between")
}

of_samples <- function(numbers, kinds = c("a", "b"), object = sample_object()) {
  ids_where(object, samples %in% SAMPLES[numbers] & kind %in% kinds)
}

test_that("samples of two conditions agree with edgeR and limma called plainly", {
  plain <- plain_pools(sample_object(), of_samples(4:6), of_samples(1:3))
  design <- model.matrix(~ 0 + side, plain$pools)
  found <- between(of_samples(4:6), of_samples(1:3))
  expect_identical(found$total, SAMPLE_GENES)
  expect_named(found$data, c("p_val", "logFC", "AveExpr", "p_val_adj", "gene_names", "Gene"))
  expect_same_table(table_of(found), plain_fit(plain, design, c(-1, 1)))
  expect_setequal(unlist(found$data$Gene[1:15]), intersect(unlist(found$data$Gene[1:15]), paste0("ENSG", 1:20)))
})

test_that("two samples against one have p-values", {
  plain <- plain_pools(sample_object(), of_samples(4:5), of_samples(1))
  expected <- plain_fit(plain, model.matrix(~ 0 + side, plain$pools), c(-1, 1))
  expect_same_table(table_of(between(of_samples(4:5), of_samples(1))), expected)
})

test_that("one sample against one has differences alone, the largest first", {
  found <- between(of_samples(4), of_samples(1))
  expect_named(found$data, c("logFC", "AveExpr", "gene_names", "Gene"))
  expect_identical(found$total, SAMPLE_GENES)
  table <- table_of(found)
  expect_false(is.unsorted(-abs(table$logFC), na.rm = TRUE))
  plain <- plain_pools(sample_object(), of_samples(4), of_samples(1))
  y <- edgeR::DGEList(plain$counts, group = plain$pools$side)
  y <- edgeR::calcNormFactors(y[edgeR::filterByExpr(y), ])
  lib <- y$samples$lib.size * y$samples$norm.factors
  logcpm <- log2(t((t(y$counts) + 0.5) / (lib + 1) * 1e6))
  table <- table[seq_len(nrow(y)), ]
  expect_equal(table$logFC, unname((logcpm[, 2] - logcpm[, 1])[table$Gene]))
  expect_equal(table$AveExpr, unname(rowMeans(logcpm)[table$Gene]))
})

test_that("cells of the same samples on both sides are compared within each sample", {
  base <- of_samples(1:6, "a")
  background <- of_samples(1:6, "b")
  plain <- plain_pools(sample_object(), base, background)
  design <- model.matrix(~ sample + factor(side, c("background", "base")), plain$pools)
  expected <- plain_fit(plain, design, rep(0:1, c(6, 1)))
  expect_same_table(table_of(between(base, background)), expected)
})

test_that("where only some samples are on both sides, their likeness is taken into account", {
  base <- of_samples(1:5, "a")
  background <- of_samples(3:6, "b")
  plain <- plain_pools(sample_object(), base, background)
  design <- model.matrix(~ factor(side, c("background", "base")), plain$pools)
  expected <- plain_fit(plain, design, c(0, 1), block = plain$pools$sample)
  expect_same_table(table_of(between(base, background)), expected)
})

test_that("a single sample on both sides does not tell how alike its pools are", {
  base <- of_samples(1:3, "a")
  background <- of_samples(3:5, "b")
  plain <- plain_pools(sample_object(), base, background)
  expected <- plain_fit(plain, model.matrix(~ 0 + side, plain$pools), c(-1, 1))
  expect_same_table(table_of(between(base, background)), expected)
})

test_that("one sample alone, on both sides, has differences alone", {
  found <- between(of_samples(2, "a"), of_samples(2, "b"))
  expect_named(found$data, c("logFC", "AveExpr", "gene_names", "Gene"))
  top <- unlist(found$data$Gene[1:10])
  expect_setequal(top, intersect(top, paste0("ENSG", 21:40)))
})

test_that("the direction is that of the first set over the second, whatever cell comes first", {
  up <- in_dataset_order(table_of(between(of_samples(4:6), of_samples(1:3))), sample_dataset())
  down <- in_dataset_order(table_of(between(of_samples(1:3), of_samples(4:6))), sample_dataset())
  expect_equal(up$logFC, -down$logFC, tolerance = 1e-6)
  expect_true(all(up$logFC[1:20] > 0))
  backwards <- dataset_from(rearranged(sample_object(), cells = SAMPLE_CELLS:1))
  expect_equal(
    table_of(between(of_samples(4:6), of_samples(1:3), dataset = backwards)),
    table_of(between(of_samples(4:6), of_samples(1:3))), tolerance = 1e-9
  )
})

test_that("samples with fewer than ten cells are left out", {
  nine <- c(of_samples(1:2), of_samples(3)[1:9])
  expect_identical(between(of_samples(4:6), nine), between(of_samples(4:6), of_samples(1:2)))
  ten <- c(of_samples(1:2), of_samples(3)[1:10])
  expect_false(identical(between(of_samples(4:6), ten), between(of_samples(4:6), of_samples(1:2))))
  mixed <- c(of_samples(1:2), of_samples(3)[1:5])
  expect_identical(
    between(c(of_samples(4:6), of_samples(3)[6:9]), mixed), between(of_samples(4:6), of_samples(1:2))
  )
})

test_that("cells of no known sample are left out", {
  object <- sample_object()
  object@meta.data$samples[object$samples == "s3"] <- NA
  found <- between(of_samples(4:6), of_samples(1:3), dataset = dataset_from(object))
  expect_identical(found, between(of_samples(4:6), of_samples(1:2)))
})

test_that("genes with too few counts stand last, without values", {
  object <- sample_object()
  object@assays$RNA@counts[c(2, 30), ] <- 0
  found <- between(of_samples(4:6), of_samples(1:3), dataset = dataset_from(object))
  last <- tail(seq_len(SAMPLE_GENES), 3)
  expect_identical(unlist(found$data$Gene[last]), paste0("ENSG", c(2, 30, SAMPLE_GENES)))
  expect_identical(found$data$logFC[last], list(NULL, NULL, NULL))
  expect_identical(found$total, SAMPLE_GENES)
  none <- compare(dataset_from(object), of_samples(4:6), of_samples(1:3), type = "between", pagination = list(
    orderBy = "logFC", orderDirection = "DESC", offset = SAMPLE_GENES - 3, limit = 10
  ))
  expect_identical(none$data$p_val, list(NULL, NULL, NULL))
})

test_that("three genes are enough, two are too few", {
  three <- dataset_from(rearranged(sample_object(), genes = 1:3))
  expect_identical(between(of_samples(4:6), of_samples(1:3), dataset = three)$total, 3L)
  for (genes in list(1:2, 1, SAMPLE_GENES)) {
    few <- dataset_from(rearranged(sample_object(), genes = genes))
    error <- expect_error(between(of_samples(4:6), of_samples(1:3), dataset = few), class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_TOO_FEW_COUNTS")
  }
  expect_snapshot(complain(between(of_samples(4:6), of_samples(1:3), dataset = few)))
})

test_that("a sample whose cells are nearly all on one side is refused, with its numbers", {
  base <- c(of_samples(4:6), of_samples(2)[1:9])
  error <- expect_error(between(base, of_samples(1:3)), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_MIXED_SAMPLE")
  expect_snapshot(complain(between(base, of_samples(1:3))))
  expect_snapshot(complain(between(c(base, of_samples(3)[1:2]), of_samples(1:3))))
})

test_that("what cannot be compared is refused", {
  error <- expect_error(between(of_samples(4:6), of_samples(1)[1:9]), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_TOO_FEW_CELLS")
  expect_snapshot(complain(between(of_samples(4:6), of_samples(1)[1:9])))
  expect_snapshot(complain(between(of_samples(4)[1:3], of_samples(1))))
  object <- sample_object()
  object@meta.data$samples <- NULL
  expect_snapshot(complain(between(of_samples(4), of_samples(1), dataset = dataset_from(object))))
  dataset <- sample_dataset()
  dataset$layers$counts <- NULL
  expect_snapshot(complain(between(of_samples(4), of_samples(1), dataset = dataset)))
})
