#' A dataset of nothing but values (genes x cells) of genes with those symbols
symbol_dataset <- function(values, symbols, ids = paste0("ENSG", seq_along(symbols))) {
  dataset <- bare_dataset(Matrix::Matrix(values, sparse = TRUE))
  dataset$genes <- data.frame(input = ids, name = make.unique(symbols), original_name = symbols)
  dataset$cells_id <- seq_len(ncol(values)) * 2L
  dataset
}

#' The score of ScType cell by cell on a dense matrix, as its publication describes it
plain_sctype <- function(values, symbols, clusters, markers) {
  kept <- order(-rowMeans(values))
  kept <- kept[!duplicated(symbols[kept])]
  z <- t(scale(t(values[kept, ])))
  z[is.na(z)] <- 0
  z[z > 10] <- 10
  rownames(z) <- symbols[kept]
  n <- table(unlist(markers$positive))
  for (gene in intersect(names(n), rownames(z))) {
    z[gene, ] <- z[gene, ] * (length(markers$positive) - n[[gene]]) / (length(markers$positive) - 1)
  }
  side <- function(genes) {
    genes <- intersect(genes, rownames(z))
    if (length(genes)) colSums(z[genes, , drop = FALSE]) / sqrt(length(genes)) else 0
  }
  cells <- t(mapply(function(positive, negative) side(positive) - side(negative), markers$positive, markers$negative))
  vapply(clusters, function(places) rowSums(cells[, places, drop = FALSE]), numeric(nrow(cells)))
}
