# Tables with a row a gene, as clients page through them: named, filtered, ordered, cut, and genes alone.

#' Name the genes of a table that has a row for every gene of the dataset, in the dataset's order
with_gene_names <- function(table, dataset) {
  data.frame(table, gene_names = dataset$genes$name, Gene = dataset$genes$input)
}

#' What a client asks of a table: the order, the page and the filters; NULL for the whole table as it is
check_pagination <- function(pagination) {
  if (is.null(check_list(pagination, "pagination", optional = TRUE))) return(NULL)
  list(
    order_by = check_string(pagination$orderBy, "orderBy"),
    decreasing = toupper(check_string(pagination$orderDirection, "orderDirection", ORDER_DIRECTIONS)) == "DESC",
    offset = check_count(pagination$offset, "offset"),
    limit = check_count(pagination$limit, "limit"),
    filters = check_list(pagination$filters, "filters", optional = TRUE)
  )
}

ORDER_DIRECTIONS <- c("ASC", "DESC", "asc", "desc")

#' Answer with a table, or with the page of it that was asked for
#'
#' `total` counts the rows that pass the filters, whatever the page; with `genes_only` the data are the genes' names.
#' @param pagination What [check_pagination()] returned.
table_answer <- function(table, pagination = NULL, genes_only = FALSE) {
  total <- nrow(table)
  if (!is.null(pagination)) {
    for (filter in pagination$filters) table <- table[passes(table, filter), ]
    total <- nrow(table)
    table <- page_of(in_order_of(table, pagination$order_by, pagination$decreasing), pagination)
  }
  data <- if (genes_only) list(gene_names = table$gene_names, gene_id = table$Gene) else table
  list(total = scalar(total), data = data)
}

#' Which rows pass a filter; a missing value passes none
passes <- function(table, filter) {
  check_list(filter, "filters")
  type <- check_string(filter$type, "type", c("numeric", "text"))
  is_numeric <- vapply(table, is.numeric, NA)
  column <- check_string(filter$columnName, "columnName", names(table)[is_numeric == (type == "numeric")])
  if (type == "text") {
    return(matches_filter(table[[column]], check_string(filter$expression, "expression"), "expression"))
  }
  comparison <- check_string(filter$comparison, "comparison", c("greaterThan", "lessThan"))
  value <- check_number(filter$value, "value")
  which(if (comparison == "greaterThan") table[[column]] > value else table[[column]] < value)
}

#: The columns that a table may have; one of two pools has no p-values.
TABLE_COLUMNS <- c("p_val", "logFC", "pct_1", "pct_2", "p_val_adj", "auc", "AveExpr", "gene_names", "Gene")

#' Rows by a column: names ignoring case, missing values last, equals in the order they came
#'
#' A table that lacks the column stays in its own order: clients order by p-value before they know that there is none.
in_order_of <- function(table, column, decreasing) {
  check_string(column, "orderBy", TABLE_COLUMNS)
  if (column %in% names(table)) ordered_by(table, column, decreasing) else table
}

ordered_by <- function(table, column, decreasing) {
  values <- table[[column]]
  keys <- if (is.character(values)) toupper(values) else values
  table[order(keys, decreasing = decreasing, na.last = TRUE, method = "radix"), ]
}

page_of <- function(table, page) {
  rows <- seq_len(nrow(table))
  table[rows > page$offset & rows - page$offset <= page$limit, ]
}
