#: Longest search text, in characters.
LONGEST_FILTER <- 100L

#' A page of the genes with their dispersions
#'
#' Genes without a dispersion are left out. Names are ordered ignoring case, the same in every locale; equals keep the
#' order of the dataset.
list_genes <- function(dataset, params) {
  order_by <- check_string(params$orderBy, "orderBy", c("gene_names", "dispersions"))
  direction <- toupper(check_string(params$orderDirection, "orderDirection", ORDER_DIRECTIONS))
  offset <- check_count(params$offset, "offset")
  limit <- check_count(params$limit, "limit")
  filter <- check_string(params$geneNamesFilter, "geneNamesFilter", optional = TRUE)

  genes <- dataset$dispersion[is.finite(dataset$dispersion$dispersions), ]
  if (!is.null(filter)) genes <- genes[matches_filter(genes$gene_names, filter), ]
  page <- page_of(ordered_by(genes, order_by, direction == "DESC"), list(offset = offset, limit = limit))
  list(total = scalar(nrow(genes)), gene_names = page$gene_names, dispersions = page$dispersions)
}

#' Which names hold a text, ignoring case; `^` before it means at the start, `$` after it at the end
#' @param field What the request calls the text.
matches_filter <- function(names, filter, field = "geneNamesFilter") {
  if (nchar(filter) > LONGEST_FILTER) {
    abort_input(sprintf("'%s' must have at most %d characters.", field, LONGEST_FILTER))
  }
  at_start <- startsWith(filter, "^")
  at_end <- endsWith(filter, "$")
  text <- toupper(substr(filter, 1L + at_start, nchar(filter) - at_end))
  names <- toupper(names)
  if (at_start && at_end) return(names == text)
  if (at_start) return(startsWith(names, text))
  if (at_end) return(endsWith(names, text))
  if (!nzchar(text)) return(rep(TRUE, length(names)))
  grepl(text, names, fixed = TRUE)
}

register_task("listGenes", list_genes)
