# What genes are called: an object has names for its rows, and perhaps a table that says more.

#: How the ids of Ensembl look.
ENSEMBL_ID <- "^ENS[A-Z]{0,6}G[0-9]{6,}"
#: What columns with the symbols of genes are called, in lower case.
SYMBOL_COLUMNS <- c(
  "symbol", "gene_symbol", "gene_symbols", "genesymbol", "gene_name", "gene_names", "gene_short_name", "feature_name",
  "hgnc_symbol", "mgi_symbol", "name"
)

#' The ids and names of the genes of a source
named_genes <- function(source) {
  rows <- source$genes
  if (length(rows) != nrow(source$counts)) abort_foreign("its genes have no names")
  annotations <- table_columns(list_part(source$misc, "gene_annotations"))
  own <- bare_text(annotations[["name"]])[match(rows, bare_text(annotations[["input"]]))]
  if (length(own) && !anyNA(own)) return(list(ids = rows, names = own))
  texts <- Filter(function(x) length(x) == length(rows), lapply(source$gene_table, gene_texts))
  if (mean(grepl(ENSEMBL_ID, rows)) > 0.5) {
    symbols <- texts[tolower(names(texts)) %in% SYMBOL_COLUMNS]
    symbols <- if (length(symbols)) symbols[[1L]] else rows
    return(list(ids = rows, names = ifelse(is.na(symbols) | !nzchar(symbols), rows, symbols)))
  }
  is_id <- vapply(texts, function(x) !anyNA(x) && !anyDuplicated(x) && mean(grepl(ENSEMBL_ID, x)) > 0.5, NA)
  list(ids = if (any(is_id)) texts[[which(is_id)[1L]]] else rows, names = rows)
}

gene_texts <- function(x) {
  levels <- bare_text(part_of(x, "levels"))
  if (is.null(levels)) bare_text(x) else levels[bare_numbers(x)]
}
