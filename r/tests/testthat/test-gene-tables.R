genes <- function() {
  data.frame(
    p_val = c(0.01, 0.5, NA, 0.01), logFC = c(-1, 2, 0, 1.5),
    gene_names = c("b2", "A1", "c3", "a10"), Gene = c("E1", "E2", "E3", "E4")
  )
}

paging <- function(order = "p_val", direction = "ASC", offset = 0L, limit = 50L, filters = NULL) {
  list(orderBy = order, orderDirection = direction, offset = offset, limit = limit, responseKey = 0L, filters = filters)
}

shown <- function(..., table = genes(), genes_only = FALSE) {
  jsonlite::fromJSON(to_json(table_answer(table, check_pagination(paging(...)), genes_only)), simplifyVector = FALSE)
}

of <- function(..., column = "Gene") as.character(unlist(shown(...)$data[[column]]))

numeric_filter <- function(column, comparison, value) {
  list(columnName = column, type = "numeric", comparison = comparison, value = value)
}

text_filter <- function(expression, column = "gene_names") {
  list(columnName = column, type = "text", expression = expression)
}

test_that("rows are ordered by any column, missing values last both ways, equals as they came", {
  expect_identical(of("p_val", "ASC"), c("E1", "E4", "E2", "E3"))
  expect_identical(of("p_val", "DESC"), c("E2", "E1", "E4", "E3"))
  expect_identical(of("logFC", "desc"), c("E2", "E4", "E3", "E1"))
  expect_identical(of("gene_names", "ASC"), c("E2", "E4", "E1", "E3"))
  expect_identical(of("Gene", "DESC"), c("E4", "E3", "E2", "E1"))
})

test_that("a table without the column that is ordered by stays as it is", {
  expect_identical(of("auc", "ASC"), genes()$Gene)
  expect_identical(of("pct_1", "DESC", offset = 1L, limit = 2L), c("E2", "E3"))
})

test_that("numeric filters are strict, and a missing value passes none", {
  passing <- function(...) of("Gene", filters = list(numeric_filter(...)))
  expect_identical(passing("p_val", "lessThan", 0.5), c("E1", "E4"))
  expect_identical(passing("p_val", "greaterThan", 0.01), "E2")
  expect_identical(passing("p_val", "greaterThan", -1), c("E1", "E2", "E4"))
  expect_identical(passing("logFC", "greaterThan", 0L), c("E2", "E4"))
})

test_that("text filters are plain text with anchors, ignoring case", {
  passing <- function(...) of("Gene", filters = list(text_filter(...)))
  expect_identical(passing("a1"), c("E2", "E4"))
  expect_identical(passing("^A1$"), "E2")
  expect_identical(passing("."), character())
  expect_identical(passing("["), character())
  expect_identical(passing("e3", "Gene"), "E3")
})

test_that("rows must pass all filters, and the total counts those that do, whatever the page", {
  filters <- list(numeric_filter("p_val", "lessThan", 0.1), text_filter("a"))
  expect_identical(of("Gene", filters = filters), "E4")
  expect_identical(shown("Gene", filters = filters[1], limit = 1L)$total, 2L)
  expect_identical(shown("Gene", filters = filters[1], offset = 9L)$total, 2L)
  expect_identical(shown("Gene", filters = list())$total, 4L)
})

test_that("the pages, one after another, are the whole table", {
  withr::with_seed(1, table <- data.frame(
    p_val = sample(c(NA, 0.1, 0.2), 57, TRUE), gene_names = paste0("G", 1:57), Gene = paste0("E", 1:57)
  ))
  whole <- of("p_val", "DESC", table = table, limit = 1000L)
  expect_setequal(whole, table$Gene)
  for (limit in c(1L, 10L, 57L)) {
    pages <- lapply(seq(0L, 57L, limit), function(offset) of("p_val", "DESC", offset, limit, table = table))
    expect_identical(unlist(pages), whole)
    names <- lapply(seq(0L, 57L, limit), function(offset) {
      of("p_val", "DESC", offset, limit, table = table, genes_only = TRUE, column = "gene_id")
    })
    expect_identical(unlist(names), whole)
  }
})

test_that("genes alone come ordered and paged as the table does", {
  found <- shown("logFC", "DESC", 1L, 2L, genes_only = TRUE)
  expect_identical(found, list(
    total = 4L, data = list(gene_names = list("a10", "c3"), gene_id = list("E4", "E3"))
  ))
})

test_that("without pagination the table is whole and as it was", {
  expect_identical(table_answer(genes())$data, genes())
  names <- list(gene_names = genes()$gene_names, gene_id = genes()$Gene)
  expect_identical(table_answer(genes(), genes_only = TRUE)$data, names)
})

test_that("one row and none are arrays", {
  expect_identical(shown(limit = 1L)$data, list(
    p_val = list(0.01), logFC = list(-1L), gene_names = list("b2"), Gene = list("E1")
  ))
  none <- list(p_val = list(), logFC = list(), gene_names = list(), Gene = list())
  expect_identical(shown(offset = 4L), list(total = 4L, data = none))
  expect_identical(shown(limit = 0L)$data, none)
  expect_identical(shown(filters = list(text_filter("nowhere"))), list(total = 0L, data = none))
  expect_identical(shown(offset = 4L, genes_only = TRUE)$data, list(gene_names = list(), gene_id = list()))
  expect_identical(shown(offset = .Machine$integer.max, limit = .Machine$integer.max)$data, none)
})

test_that("what cannot be answered is refused with the field's name", {
  expect_snapshot(complain(shown("pvalue")))
  expect_snapshot(complain(shown("p_val", "up")))
  expect_snapshot(complain(shown(limit = -1L)))
  expect_snapshot(complain(check_pagination("p_val")))
  expect_snapshot(complain(shown(filters = "p_val")))
  expect_snapshot(complain(shown(filters = list("p_val"))))
  expect_snapshot(complain(shown(filters = list(numeric_filter("gene_names", "lessThan", 1)))))
  expect_snapshot(complain(shown(filters = list(numeric_filter("p_val", "equals", 1)))))
  expect_snapshot(complain(shown(filters = list(numeric_filter("p_val", "lessThan", "1")))))
  expect_snapshot(complain(shown(filters = list(text_filter("a", "p_val")))))
  expect_snapshot(complain(shown(filters = list(text_filter(strrep("a", 101))))))
  expect_snapshot(complain(shown(filters = list(list(columnName = "p_val", type = "date")))))
})
