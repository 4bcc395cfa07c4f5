#' How often a value of x is larger than one of y, ties counting half.
auc_of <- function(x, y) mean(outer(x, y, ">") + outer(x, y, "==") / 2)

#' What the table should say of each gene, from the values themselves.
expected_table <- function(x, y) {
  over <- function(f) vapply(seq_len(nrow(x)), function(gene) f(x[gene, ], y[gene, ]), 0)
  p <- over(p_of)
  p[is.nan(p)] <- NA
  data.frame(
    p_val = p,
    logFC = rowMeans(x) - rowMeans(y),
    pct_1 = 100 * rowMeans(x > 0),
    pct_2 = 100 * rowMeans(y > 0),
    p_val_adj = stats::p.adjust(p, "BH"),
    auc = over(auc_of)
  )
}

expect_table <- function(found, expected) {
  expect_same_p(found$p_val, expected$p_val)
  expect_same_p(found$p_val_adj, expected$p_val_adj)
  for (column in c("logFC", "pct_1", "pct_2", "auc")) {
    expect_equal(found[[column]], expected[[column]], tolerance = 1e-6, ignore_attr = TRUE)
  }
}

kinds <- function(...) {
  object <- sample_object()
  compare(sample_dataset(), ids_where(object, kind == "a"), ids_where(object, kind == "b"), ...)
}

test_that("every gene agrees with wilcox.test and plain arithmetic", {
  object <- sample_object()
  found <- kinds()
  expect_identical(found$total, SAMPLE_GENES)
  expect_named(found$data, c("p_val", "logFC", "pct_1", "pct_2", "p_val_adj", "auc", "gene_names", "Gene"))
  values <- plain_values(object)
  expected <- expected_table(values[, object$kind == "a"], values[, object$kind == "b"])
  expect_table(in_dataset_order(table_of(found), sample_dataset()), expected)
})

test_that("a gene that never varies has no p-value, and is not counted when the others are adjusted", {
  silent <- table_of(kinds())[SAMPLE_GENES, ]
  expect_identical(silent$Gene, paste0("ENSG", SAMPLE_GENES))
  expect_identical(c(silent$p_val, silent$p_val_adj), c(NA_real_, NA_real_))
  expect_identical(c(silent$auc, silent$logFC), c(0.5, 0))
})

test_that("values below zero are ranked as what they are", {
  object <- sample_object()
  withr::with_seed(3, object@assays$RNA@data[1:5, ] <- round(rnorm(5 * SAMPLE_CELLS), 1))
  dataset <- dataset_from(object)
  found <- compare(dataset, ids_where(object, kind == "a"), ids_where(object, kind == "b"))
  values <- plain_values(object, 1:5)
  expected <- expected_table(values[, object$kind == "a"], values[, object$kind == "b"])
  expect_same_p(in_dataset_order(table_of(found), dataset)$p_val[1:5], expected$p_val)
})

test_that("the surest differences come first, equals by their size", {
  found <- table_of(kinds())
  p <- found$p_val[-SAMPLE_GENES]
  expect_false(is.unsorted(p))
  expect_setequal(found$Gene[1:10], intersect(found$Gene[1:10], paste0("ENSG", 21:40)))
  table <- data.frame(p_val = c(0, NA, 0, 0.5, 0), logFC = c(1, 9, -3, 5, 1))
  expect_identical(as.integer(rownames(surest_first(table))), c(3L, 1L, 5L, 4L, 2L))
})

test_that("an adjusted p-value of zero becomes the smallest number, others stay", {
  expect_identical(floored(c(0, NA, 1e-300, 1)), c(2.2250738585072014e-308, NA, 1e-300, 1))
})

test_that("genes that share a symbol keep names of their own", {
  found <- in_dataset_order(table_of(kinds()), sample_dataset())
  expect_identical(found$gene_names[6:9], c("SYM6", "SYM7 - ENSG7", "SYM7 - ENSG8", "SYM9"))
})

test_that("a cell in both sets counts in the first, unknown ids in none, and repeated ids once", {
  object <- sample_object()
  dataset <- sample_dataset()
  a <- ids_where(object, kind == "a")
  b <- ids_where(object, kind == "b")
  plain <- compare(dataset, a, b)
  expect_identical(compare(dataset, a, c(b, a[1:20])), plain)
  expect_identical(compare(dataset, c(a, 0, 3, 123456), c(b, b[1:9], 6)), plain)
  expect_identical(compare(dataset, rev(a), rev(b)), plain)
})

test_that("cells in neither set play no part", {
  object <- sample_object()
  dataset <- sample_dataset()
  found <- compare(dataset, ids_where(object, samples == "s1"), ids_where(object, samples == "s2"))
  values <- plain_values(object)
  expected <- expected_table(values[, object$samples == "s1"], values[, object$samples == "s2"])
  expect_table(in_dataset_order(table_of(found), dataset), expected)
})

test_that("one cell against one, and against all others", {
  object <- sample_object()
  dataset <- sample_dataset()
  ids <- dataset$cells_id
  values <- plain_values(object)
  lone <- in_dataset_order(table_of(compare(dataset, ids[5], ids[-5])), dataset)
  expect_table(lone, expected_table(values[, 5, drop = FALSE], values[, -5]))
  pair <- in_dataset_order(table_of(compare(dataset, ids[5], ids[6])), dataset)
  expect_table(pair, expected_table(values[, 5, drop = FALSE], values[, 6, drop = FALSE]))
})

test_that("a dataset of one gene is answered with arrays of one", {
  object <- sample_object()
  dataset <- dataset_from(rearranged(object, genes = 25))
  found <- compare(dataset, ids_where(object, kind == "a"), ids_where(object, kind == "b"))
  expect_identical(found$total, 1L)
  expect_true(all(vapply(found$data, function(column) is.list(column) && length(column) == 1L, NA)))
})

test_that("another order of cells changes nothing, another order of genes only the order", {
  object <- sample_object()
  a <- ids_where(object, kind == "a")
  b <- ids_where(object, kind == "b")
  whole <- table_of(kinds())
  withr::with_seed(8, cells <- sample(SAMPLE_CELLS))
  expect_equal(table_of(compare(dataset_from(rearranged(object, cells = cells)), a, b)), whole, tolerance = 1e-12)
  found <- table_of(compare(dataset_from(rearranged(object, genes = SAMPLE_GENES:1)), a, b))
  expect_equal(found[match(whole$Gene, found$Gene), ], whole, ignore_attr = "row.names", tolerance = 1e-12)
})

test_that("pages, filters and genes alone are those of the whole table", {
  whole <- table_of(kinds())
  page <- list(orderBy = "logFC", orderDirection = "DESC", offset = 10, limit = 5, filters = list(
    list(columnName = "p_val_adj", type = "numeric", comparison = "lessThan", value = 0.5)
  ))
  passing <- whole[which(whole$p_val_adj < 0.5), ]
  expected <- passing[order(-passing$logFC), ][11:15, ]
  found <- kinds(pagination = page)
  expect_identical(found$total, nrow(passing))
  expect_identical(table_of(found), data.frame(expected, row.names = NULL))
  genes <- kinds(pagination = page, genesOnly = TRUE)
  expect_identical(genes$total, nrow(passing))
  expect_identical(unlist(genes$data$gene_id), expected$Gene)
  expect_identical(unlist(genes$data$gene_names), expected$gene_names)
  expect_identical(unlist(kinds(genesOnly = TRUE)$data$gene_id), whole$Gene)
})

test_that("the same request gives the same bytes", {
  request <- list(baseCells = 1:100, backgroundCells = 101:500, comparisonType = "within")
  run <- function() to_json(run_differential_expression(sample_dataset(), request))
  expect_identical(run(), run())
})

test_that("what cannot be compared is refused", {
  dataset <- sample_dataset()
  error <- expect_error(compare(dataset, 0, 1:5), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_EMPTY_CELL_SET")
  expect_snapshot(complain(compare(dataset, 0, 1:5)))
  expect_snapshot(complain(compare(dataset, 1:5, list())))
  expect_snapshot(complain(compare(dataset, 1:5, c(0, 1, 2))))
  expect_snapshot(complain(compare(dataset, "louvain-1", 1:5)))
  expect_snapshot(complain(compare(dataset, 1:5, 7:9, type = "among")))
  expect_snapshot(complain(compare(dataset, 1:5, 7:9, genesOnly = "yes")))
})
