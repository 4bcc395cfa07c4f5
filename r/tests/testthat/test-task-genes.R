page <- function(dataset, order = "dispersions", direction = "DESC", offset = 0, limit = 1000, filter = NULL) {
  request <- list(orderBy = order, orderDirection = direction, offset = offset, limit = limit, geneNamesFilter = filter)
  answer(dataset, "listGenes", request)
}

named_dataset <- function(names) {
  list(dispersion = data.frame(gene_names = names, dispersions = as.numeric(seq_along(names))))
}

found <- function(names, filter) unlist(page(named_dataset(names), direction = "asc", filter = filter)$gene_names)

test_that("genes come by dispersion or by name, up or down", {
  dataset <- small_dataset()
  genes <- dataset$dispersion
  expect_identical(numbers(page(dataset)$dispersions), sort(genes$dispersions, decreasing = TRUE))
  expect_identical(numbers(page(dataset, direction = "asc")$dispersions), sort(genes$dispersions))
  by_name <- sort(genes$gene_names, method = "radix")
  expect_identical(unlist(page(dataset, "gene_names", "ASC")$gene_names), by_name)
  expect_identical(unlist(page(dataset, "gene_names", "desc")$gene_names), rev(by_name))
})

test_that("pages follow each other without gap or repetition, and the total counts all of them", {
  dataset <- small_dataset()
  whole <- page(dataset)
  pages <- lapply(seq(0, SMALL_GENES, 50), function(offset) page(dataset, offset = offset, limit = 50))
  expect_identical(unlist(lapply(pages, `[[`, "gene_names")), unlist(whole$gene_names))
  expect_identical(unique(vapply(pages, `[[`, 0L, "total")), SMALL_GENES)
  expect_length(tail(pages, 1)[[1]]$gene_names, SMALL_GENES %% 50)
})

test_that("the total is counted after filtering and before paging", {
  expect_identical(page(small_dataset(), filter = "^GENE1", limit = 3)$total, 111L)
})

test_that("a page of one gene, and one past the end, are arrays", {
  one <- page(small_dataset(), limit = 1)
  expect_length(one$gene_names, 1)
  expect_type(one$dispersions, "list")
  all_but_five <- page(small_dataset(), offset = 5, limit = .Machine$integer.max)
  expect_length(unlist(all_but_five$gene_names), SMALL_GENES - 5L)
  none <- page(small_dataset(), offset = 5000)
  expect_identical(none, list(total = SMALL_GENES, gene_names = list(), dispersions = list()))
})

test_that("names are ordered ignoring case, the same in every locale", {
  withr::local_locale(LC_COLLATE = "C")
  ordered <- page(named_dataset(c("b", "C", "A", "a")), "gene_names", "ASC")
  expect_identical(unlist(ordered$gene_names), c("A", "a", "b", "C"))
})

test_that("equal dispersions keep the order of the dataset", {
  dataset <- list(dispersion = data.frame(gene_names = c("z", "y", "x"), dispersions = c(1, 1, 1)))
  expect_identical(unlist(page(dataset)$gene_names), c("z", "y", "x"))
})

test_that("a search is plain text, ignoring case, anchored by ^ and $", {
  names <- c("CD14", "CD141", "sCD14", "AC012345.1", "AC0123451", "HLA-DRA", "a[b")
  expect_identical(found(names, "cd14"), c("CD14", "CD141", "sCD14"))
  expect_identical(found(names, "^cd14"), c("CD14", "CD141"))
  expect_identical(found(names, "cd14$"), c("CD14", "sCD14"))
  expect_identical(found(names, "^cd14$"), "CD14")
  expect_identical(found(names, "012345.1"), "AC012345.1")
  expect_identical(found(names, "["), "a[b")
  expect_identical(found(names, ".*"), NULL)
  for (everything in c("", "^", "$")) expect_length(found(names, everything), length(names))
})

test_that("genes without a dispersion are not listed", {
  dataset <- list(dispersion = data.frame(gene_names = c("a", "b"), dispersions = c(NA, 2)))
  expect_identical(page(dataset)$total, 1L)
})

test_that("what cannot be answered is refused with the field's name", {
  dataset <- small_dataset()
  expect_snapshot(complain(page(dataset, order = "p_val")))
  expect_snapshot(complain(page(dataset, direction = "sideways")))
  expect_snapshot(complain(page(dataset, offset = -1)))
  expect_snapshot(complain(page(dataset, limit = NULL)))
  expect_snapshot(complain(page(dataset, filter = strrep("a", 101))))
})
