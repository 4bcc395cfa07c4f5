custom_dots <- function(dataset, class, genes, filter = NULL) {
  answer(dataset, "runDotPlot", list(
    useMarkerGenes = FALSE, numberOfMarkers = 3, customGenesList = genes, groupBy = class,
    filterBy = filter, applyFilter = !is.null(filter)
  ))
}

marker_dots <- function(dataset, class, n = 2, filter = NULL) {
  answer(dataset, "runDotPlot", list(
    useMarkerGenes = TRUE, numberOfMarkers = n, customGenesList = list(), groupBy = class,
    filterBy = filter, applyFilter = !is.null(filter)
  ))
}

#' The dots as a client reads them: a row a dot, in the order of the answer
dot_table <- function(answer) {
  data.frame(
    group = unlist(answer$cellSetsNames)[numbers(answer$cellSetsIdx) + 1],
    gene = unlist(answer$geneNames)[numbers(answer$geneNameIdx) + 1],
    expression = numbers(answer$avgExpression),
    percentage = numbers(answer$cellsPercentage)
  )
}

#' The same by Seurat's DotPlot. Seurat 5 scales the logarithm of the averages, as we do; Seurat 4 the averages.
seurat_dots <- function(object, groups, genes) {
  object@meta.data$group <- groups
  object <- object[, !is.na(groups)]
  inputs <- rownames(object)[match(genes, object@misc$gene_annotations$name)]
  data <- suppressWarnings(Seurat::DotPlot(object, features = inputs, group.by = "group"))$data
  logs <- log1p(data$avg.exp)
  scaled <- ave(logs, data$features.plot, FUN = function(x) if (length(x) == 1) x else pmax(pmin(scale(x), 2.5), -2.5))
  if (utils::packageVersion("Seurat") >= "5") expect_equal(scaled, data$avg.exp.scaled)
  found <- data.frame(
    group = as.character(data$id), gene = genes[match(data$features.plot, inputs)], expression = scaled,
    percentage = data$pct.exp
  )
  found[order(found$group, match(found$gene, genes), method = "radix"), ]
}

expect_dots <- function(answer, expected) {
  expect_equal(dot_table(answer), expected, tolerance = 1e-6, ignore_attr = TRUE)
}

cluster_names <- function(object) paste("Cluster", object$seurat_clusters)

test_that("dots are those of Seurat", {
  object <- small_object()
  genes <- c("GENE40", "GENE2", "GENE150", "GENE1")
  found <- custom_dots(dataset_from(object), class_with(cluster_ids()[3:1], paste("Cluster", 2:0)), genes)
  expect_dots(found, seurat_dots(object, cluster_names(object), genes))
  expect_identical(unlist(found$cellSetsNames), paste("Cluster", 0:2))
  expect_identical(unlist(found$geneNames), c("GENE1", "GENE150", "GENE2", "GENE40"))
})

test_that("values far from the others are capped as Seurat caps them", {
  object <- small_object()
  groups <- paste("Group", LETTERS[seq_len(ncol(object)) %% 10 + 1])
  object@assays$RNA@data[7, groups != "Group C"] <- 0
  ids <- split(object@meta.data$cells_id, groups)
  found <- custom_dots(dataset_from(object), class_with(unname(ids), names(ids)), c("GENE7", "GENE8"))
  expect_dots(found, seurat_dots(object, groups, c("GENE7", "GENE8")))
  expect_identical(max(numbers(found$avgExpression)), 2.5)
})

test_that("one group is not scaled, one gene and one cell are no exception", {
  object <- small_object()
  dataset <- dataset_from(object)
  one_group <- ifelse(object$seurat_clusters == 1, "Only", NA)
  expect_dots(
    custom_dots(dataset, class_with(cluster_ids()[2], "Only"), c("GENE2", "GENE40")),
    seurat_dots(object, one_group, c("GENE2", "GENE40"))
  )
  one_cell <- replace(cluster_names(object), 5, "Alone")
  ids <- split(object@meta.data$cells_id, one_cell)
  found <- custom_dots(dataset, class_with(unname(ids), names(ids)), "GENE40")
  expect_dots(found, seurat_dots(object, one_cell, "GENE40"))
  one_of_each <- custom_dots(dataset, class_with(list(5L), "Alone"), "GENE40")
  expect_true(all(vapply(one_of_each, is.list, NA)))
  expect_identical(lengths(one_of_each, use.names = FALSE), rep(1L, 6))
})

test_that("a gene that does not vary between the groups stands out nowhere", {
  object <- small_object()
  object@assays$RNA@data[1, ] <- 0
  found <- custom_dots(dataset_from(object), small_clusters(), c("GENE1", "GENE2"))
  expect_identical(found$avgExpression[c(1, 3, 5)], list(NULL, NULL, NULL))
  expect_identical(numbers(found$cellsPercentage)[c(1, 3, 5)], c(0, 0, 0))
})

test_that("a cell in several groups counts in each", {
  object <- small_object()
  ids <- cluster_ids()
  overlapping <- list(c(ids[[1]], ids[[2]][1:9]), ids[[2]], ids[[3]])
  found <- dot_table(custom_dots(dataset_from(object), class_with(overlapping), "GENE2"))
  values <- lapply(overlapping, function(ids) plain_values(object, 2)[object@meta.data$cells_id %in% ids])
  averages <- vapply(values, function(x) log1p(mean(expm1(x))), 0)
  expect_equal(found$expression, as.vector(scale(averages)), tolerance = 1e-6)
  expect_equal(found$percentage, vapply(values, function(x) 100 * mean(x > 0), 0))
})

test_that("a filter leaves only its cells; groups without cells are left out", {
  object <- small_object()
  dataset <- dataset_from(object)
  sample_a <- object@meta.data$cells_id[object$samples == "sample-a" & object$seurat_clusters != 1]
  within <- ifelse(object@meta.data$cells_id %in% sample_a, cluster_names(object), NA)
  expected <- seurat_dots(object, within, c("GENE2", "GENE40"))
  child <- list(key = "a", name = "A", cellIds = sample_a)
  expect_dots(custom_dots(dataset, small_clusters(), c("GENE2", "GENE40"), child), expected)
  whole_class <- class_with(list(sample_a[1:5], sample_a[-(1:4)]))
  expect_dots(custom_dots(dataset, small_clusters(), c("GENE2", "GENE40"), whole_class), expected)
})

test_that("no group with cells gives empty arrays", {
  dataset <- small_dataset()
  empty <- rep(list(list()), 6)
  expect_identical(unname(custom_dots(dataset, class_with(list()), "GENE2")), empty)
  expect_identical(unname(marker_dots(dataset, class_with(list(99999L, integer())))), empty)
  nobody <- list(key = "a", name = "A", cellIds = list())
  expect_identical(unname(custom_dots(dataset, small_clusters(), "GENE2", nobody)), empty)
})

test_that("genes are found ignoring case and unknown ones left out", {
  found <- custom_dots(small_dataset(), small_clusters(), c("nope", "gene40", "Gene2", "GENE2"))
  expect_identical(unlist(found$geneNames), c("GENE2", "GENE40"))
  expect_identical(numbers(found$geneNameIdx), c(1, 0, 1, 0, 1, 0))
})

test_that("groups of one name are told apart", {
  found <- custom_dots(small_dataset(), class_with(cluster_ids(), c("T", "B", "T")), "GENE2")
  expect_identical(unlist(found$cellSetsNames), c("B", "T", "T 1"))
  unnamed_twice <- custom_dots(small_dataset(), class_with(cluster_ids()[c(2, 1, 3)]), "GENE2")
  expect_identical(found$avgExpression, unnamed_twice$avgExpression)
})

test_that("marker genes are those of the heatmap, in its order", {
  object <- small_object()
  found <- marker_dots(dataset_from(object), small_clusters())
  genes <- plain_heatmap(object, cluster_ids(), 2)
  expect_identical(unique(dot_table(found)$gene), genes)
  expect_dots(found, seurat_dots(object, cluster_names(object), genes))
})

test_that("marker genes are those of the cells that the filter leaves, whatever was asked before", {
  object <- small_object()
  dataset <- dataset_from(object)
  marker_dots(dataset, small_clusters())
  sample_b <- object@meta.data$cells_id[object$samples == "sample-b"]
  found <- marker_dots(dataset, small_clusters(), 6, list(key = "b", name = "B", cellIds = sample_b))
  genes <- plain_heatmap(object, lapply(cluster_ids(), intersect, sample_b), 6)
  expect_identical(unique(dot_table(found)$gene), genes)
  expect_false(identical(genes, plain_heatmap(object, cluster_ids(), 6)))
})

test_that("the order of the cells changes nothing", {
  object <- small_object()
  shuffled <- reordered(object, withr::with_seed(6, sample.int(ncol(object))))
  found <- marker_dots(dataset_from(shuffled), small_clusters())
  expect_equal(found, marker_dots(dataset_from(object), small_clusters()))
})

test_that("a request that cannot be answered says why", {
  dataset <- small_dataset()
  error <- expect_error(custom_dots(dataset, small_clusters(), c("NOPE", "NADA")), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_GENE_NOT_FOUND")
  expect_snapshot({
    complain(custom_dots(dataset, small_clusters(), c("NOPE", "NADA")))
    complain(custom_dots(dataset, small_clusters(), list()))
    complain(marker_dots(dataset, class_with(cluster_ids()[1])))
    complain(marker_dots(dataset, small_clusters(), 0))
    complain(custom_dots(dataset, small_clusters(), "GENE2", list(key = "a", name = "A")))
    complain(answer(dataset, "runDotPlot", list(useMarkerGenes = FALSE, customGenesList = "GENE2")))
  })
})
