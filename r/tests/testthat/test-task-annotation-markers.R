annotation <- function(dataset, class, n = 10) {
  answer(dataset, "getAnnotationMarkers", list(nGenes = n, cellSets = class))$clusters
}

plain_annotation <- function(object, ids, n) {
  table <- subset(plain_markers(object, ids), logFC > 0 & pct_1 >= 10)
  symbols <- object@misc$gene_annotations$original_name
  lapply(seq_along(ids), function(set) {
    rows <- table[table$set == set, ]
    as.list(head(unique(symbols[rows$gene[order(rows$p_val, -rows$logFC)]]), n))
  })
}

test_that("each set has its surest genes first", {
  found <- annotation(small_dataset(), small_clusters())
  expect_identical(lapply(found, `[[`, "genes"), plain_annotation(small_object(), cluster_ids(), 10))
  expect_identical(vapply(found, `[[`, "", "key"), c("set-0", "set-1", "set-2"))
  expect_identical(vapply(found, `[[`, "", "name"), c("Cluster 0", "Cluster 1", "Cluster 2"))
  expect_identical(vapply(found, `[[`, 0L, "cells"), lengths(cluster_ids()))
})

test_that("genes are given by their symbols, each once", {
  object <- small_object()
  object@misc$gene_annotations$original_name[31:33] <- "TWIN"
  found <- annotation(dataset_from(object), small_clusters(), 15)
  expect_identical(lapply(found, `[[`, "genes"), plain_annotation(object, cluster_ids(), 15))
  expect_identical(sum(unlist(found[[3]]$genes) == "TWIN"), 1L)
})

test_that("empty sets are left out and a set without markers has an empty list", {
  ids <- cluster_ids()
  found <- annotation(small_dataset(), class_with(list(ids[[1]], integer(), unlist(ids))))
  expect_identical(vapply(found, `[[`, "", "key"), c("set-0", "set-2"))
  expect_identical(found[[2]]$genes, list())
})

test_that("one gene is an array", {
  expect_type(annotation(small_dataset(), small_clusters(), 1)[[1]]$genes, "list")
})

test_that("a request that cannot be answered says why", {
  dataset <- small_dataset()
  expect_snapshot({
    complain(annotation(dataset, class_with(cluster_ids()[1])))
    complain(annotation(dataset, small_clusters(), -1))
  })
})
