#' Names for genes: ids as Seurat allows them (no underscores), and symbols made unique with their id
#' @return A row a gene: `input`, `name`, `original_name`.
annotate_genes <- function(ids, symbols) {
  ids <- make.unique(gsub("_", "-", ids, fixed = TRUE))
  twice <- symbols %in% symbols[duplicated(symbols)]
  data.frame(
    input = ids,
    name = ifelse(twice, paste(symbols, "-", ids), symbols),
    original_name = symbols,
    row.names = ids
  )
}

#: Ensembl's ids of the 13 genes of mitochondria that make proteins.
MITOCHONDRIAL_IDS <- c(
  # human
  "ENSG00000198888", "ENSG00000198763", "ENSG00000198804", "ENSG00000198712", "ENSG00000228253", "ENSG00000198899",
  "ENSG00000198938", "ENSG00000198840", "ENSG00000212907", "ENSG00000198886", "ENSG00000198786", "ENSG00000198695",
  "ENSG00000198727",
  # mouse
  "ENSMUSG00000064341", "ENSMUSG00000064345", "ENSMUSG00000064351", "ENSMUSG00000064354", "ENSMUSG00000064356",
  "ENSMUSG00000064357", "ENSMUSG00000064358", "ENSMUSG00000064360", "ENSMUSG00000065947", "ENSMUSG00000064363",
  "ENSMUSG00000064367", "ENSMUSG00000064368", "ENSMUSG00000064370"
)

#' Which genes are mitochondrial: by their symbols, and where none is, by their ids
mitochondrial_genes <- function(genes) {
  by_symbol <- grep("^mt-", genes$original_name, ignore.case = TRUE)
  if (length(by_symbol)) return(by_symbol)
  which(without_version(genes$input) %in% MITOCHONDRIAL_IDS)
}

#' Human or mouse, by the ids of the genes, else by the symbols of mitochondrial ones; NULL where neither tells
species_of <- function(genes) {
  signs <- list(
    human = c(sum(grepl("^ENSG[0-9]", genes$input)), sum(startsWith(genes$original_name, "MT-"))),
    mouse = c(sum(grepl("^ENSMUSG[0-9]", genes$input)), sum(startsWith(genes$original_name, "mt-")))
  )
  for (sign in 1:2) {
    seen <- vapply(signs, `[[`, 0L, sign)
    if (seen[["human"]] != seen[["mouse"]]) return(names(which.max(seen)))
  }
}

#' Ensembl's ids without the number of their version
without_version <- function(ids) sub("[.][0-9]+$", "", ids)
