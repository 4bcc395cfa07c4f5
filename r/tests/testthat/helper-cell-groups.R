# Classes of cell sets, and what markers of them are in straightforward R.

#' A class of cell sets as a request has it
class_with <- function(ids, names = paste("Cluster", seq_along(ids) - 1L)) {
  children <- Map(function(ids, name, i) {
    list(key = paste0("set-", i), name = name, cellIds = if (length(ids)) ids else list())
  }, ids, names, seq_along(ids) - 1L)
  list(key = "louvain", name = "louvain clusters", children = unname(children))
}

cluster_ids <- function(object = small_object()) unname(split(object@meta.data$cells_id, object$seurat_clusters))

small_clusters <- function() class_with(cluster_ids())

#' The same experiment with its cells in another order
reordered <- function(object, order) {
  object@assays$RNA@counts <- object@assays$RNA@counts[, order]
  object@assays$RNA@data <- object@assays$RNA@data[, order]
  object@meta.data <- object@meta.data[order, ]
  object@active.ident <- object@active.ident[order]
  object
}

#' Every gene of each set of ids against the cells of the other sets, test by test
plain_markers <- function(object, ids) {
  values <- plain_values(object)
  cells_id <- object@meta.data$cells_id
  tables <- lapply(seq_along(ids), function(set) {
    inside <- values[, cells_id %in% ids[[set]], drop = FALSE]
    outside <- values[, cells_id %in% setdiff(unlist(ids), ids[[set]]), drop = FALSE]
    tests <- lapply(seq_len(nrow(values)), function(g) {
      suppressWarnings(wilcox.test(inside[g, ], outside[g, ], exact = FALSE, correct = TRUE))
    })
    data.frame(
      set = set, gene = seq_len(nrow(values)),
      p_val = vapply(tests, `[[`, 0, "p.value"),
      auc = vapply(tests, `[[`, 0, "statistic") / (ncol(inside) * ncol(outside)),
      logFC = rowMeans(inside) - rowMeans(outside),
      pct_1 = 100 * rowMeans(inside > 0), pct_2 = 100 * rowMeans(outside > 0)
    )
  })
  do.call(rbind, tables)
}

#' The genes of a marker heatmap, by the rule in plain words: one group a gene, the best of each group
plain_heatmap <- function(object, ids, n) {
  table <- plain_markers(object, ids)
  table <- subset(table, logFC > 0 & auc >= 0.3 & pct_1 >= 20 & pct_2 <= 70)
  best <- do.call(rbind, lapply(split(table, table$gene), function(rows) rows[order(rows$p_val, -rows$logFC)[1], ]))
  unlist(lapply(split(best, best$set), function(rows) {
    object@misc$gene_annotations$name[head(rows[order(-rows$logFC), ], n)$gene]
  }), use.names = FALSE)
}
