ids <- sprintf("ENSG%011d", 1:3)
symbols <- c("CD4", "CD8A", "MS4A1")
named <- function(genes, ...) named_genes(list(counts = matrix(0, 3, 1), genes = genes, ...))

test_that("symbols come from a column beside ids, ids from one beside symbols", {
  expect_identical(named(ids), list(ids = ids, names = ids))
  expect_identical(named(ids, gene_table = list(length = 1:3, Symbol = symbols))$names, symbols)
  expect_identical(named(ids, gene_table = list(Symbol = factor(c("CD4", NA, ""))))$names, c("CD4", ids[2:3]))
  expect_identical(named(symbols, gene_table = list(any = ids)), list(ids = ids, names = symbols))
  expect_identical(named(symbols, gene_table = list(any = ids[c(1, 1, 2)]))$ids, symbols)
})

test_that("an experiment of ours names its genes as it did", {
  annotations <- data.frame(input = rev(ids), name = rev(symbols))
  expect_identical(named(ids, misc = list(gene_annotations = annotations))$names, symbols)
})

test_that("genes without names are refused", {
  expect_snapshot(complain(named(NULL)))
})
