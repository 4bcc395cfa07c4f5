#' The small experiment with symbols: its three groups express the markers of T cells, B cells and monocytes
typed_object <- function() {
  object <- small_object()
  symbols <- object@misc$gene_annotations$original_name
  symbols[1:9] <- c("CD3D", "CD3E", "CD4", "IL7R", "LTB", "S100A4", "IL32", "CD40LG", "AQP3")
  symbols[16:23] <- c("MS4A1", "CD79A", "CD79B", "CD19", "CD27", "TNFRSF13B", "AIM2", "BANK1")
  symbols[31:38] <- c("CD14", "LYZ", "S100A8", "S100A9", "S100A12", "VCAN", "FCN1", "CSTA")
  object@misc$gene_annotations$original_name <- symbols
  object
}

clusters_with <- function(ids) {
  children <- Map(function(ids, i) {
    list(key = paste0("louvain-", i), name = paste("Cluster", i), cellIds = ids)
  }, ids, seq_along(ids) - 1L)
  list(louvain = list(key = "louvain", name = "louvain clusters", children = unname(children)))
}

ids_by_cluster <- function(object) split(object@meta.data$cells_id, object@meta.data$seurat_clusters)

annotate <- function(dataset, ids, ..., species = "human", tissue = "Immune system") {
  params <- list(cellSets = clusters_with(ids), species = species, tissue = tissue, key = "4f2e", ...)
  answer(dataset, "ScTypeAnnotate", params)
}

named <- function(class) {
  stats::setNames(lapply(class$children, function(set) unlist(set$cellIds)), vapply(class$children, `[[`, "", "name"))
}

test_that("clusters get the names of their types, as a class of cell sets", {
  object <- typed_object()
  ids <- ids_by_cluster(object)
  class <- annotate(dataset_from(object), ids)
  expect_identical(class[c("key", "name", "rootNode", "type")], list(
    key = "4f2e", name = "ScType-Immune system-human", rootNode = TRUE, type = "cellSets"
  ))
  types <- c("Memory CD4+ T cells", "Memory B cells", "CD14+ monocytes")
  expect_identical(named(class), stats::setNames(unname(ids), types))
  expect_identical(class$children[[2]][names(class$children[[2]]) != "cellIds"], list(
    key = "4f2e-1", name = "Memory B cells", rootNode = FALSE, type = "cellSets", color = "color_2"
  ))
})

test_that("clusters of one type become one set, a cell in it once", {
  object <- typed_object()
  ids <- ids_by_cluster(object)
  parts <- list(ids[[3]][1:10], ids[[1]], rev(ids[[3]][8:26]))
  found <- named(annotate(dataset_from(object), parts))
  expect_identical(found, list(`CD14+ monocytes` = ids[[3]], `Memory CD4+ T cells` = ids[[1]]))
})

test_that("ids that the dataset does not hold and empty clusters are left out; one cell is an array", {
  object <- typed_object()
  ids <- ids_by_cluster(object)
  class <- annotate(dataset_from(object), list(list(), c(ids[[2]][1], 99999)))
  expect_identical(named(class), list(`Memory B cells` = ids[[2]][1]))
  expect_type(class$children[[1]]$cellIds, "list")
})

test_that("clusters that no type fits are unknown", {
  object <- typed_object()
  ids <- unlist(ids_by_cluster(object), use.names = FALSE)
  expect_identical(named(annotate(dataset_from(object), list(ids))), list(Unknown = sort(ids)))
})

test_that("the same request gives the same bytes", {
  dataset <- dataset_from(typed_object())
  params <- list(
    cellSets = clusters_with(ids_by_cluster(typed_object())), species = "human", tissue = "Spleen", key = "4f2e"
  )
  expect_identical(to_json(annotate_types(dataset, params)), to_json(annotate_types(dataset, params)))
})

test_that("a table of the user's is used, for any tissue it has", {
  object <- typed_object()
  ids <- ids_by_cluster(object)
  class <- annotate(dataset_from(object), ids, markers = test_path("fixtures", "markers.xlsx"))
  expect_identical(names(named(class)), c("T cells", "B cells", "Unknown"))
  header <- "cell_type\thuman_positive\thuman_negative"
  path <- withr::local_tempfile(lines = c(header, "Mine\tCD14,LYZ\t", "Other\tCD19\t"))
  class <- annotate(dataset_from(object), ids, markers = path, tissue = "Tail")
  expect_identical(class$name, "ScType-Tail-human")
  expect_identical(named(class)$Mine, ids[[3]])
})

test_that("symbols of a table of the user's are found whatever their case, exact ones first", {
  expect_identical(
    spelled_as(list(positive = list(a = c("CD3D", "CD3d", "LYZ"))), c("Cd3d", "CD3d", "Lyz2")),
    list(positive = list(a = c("Cd3d", "CD3d", "LYZ")))
  )
  object <- typed_object()
  symbols <- object@misc$gene_annotations$original_name
  object@misc$gene_annotations$original_name <- paste0(substr(symbols, 1, 1), tolower(substring(symbols, 2)))
  class <- annotate(
    dataset_from(object), ids_by_cluster(object), species = "mouse", markers = test_path("fixtures", "markers.xlsx")
  )
  expect_identical(names(named(class)), c("T cells", "B cells", "Unknown"))
})

test_that("clusters of the demo get the names of the genes that dominate them", {
  skip_on_cran()
  dataset <- demo_dataset()
  sets <- jsonlite::fromJSON(file.path(demo_experiment(), "cell_sets.json"), simplifyDataFrame = FALSE)
  class <- answer(dataset, "ScTypeAnnotate", list(
    cellSets = list(louvain = sets$cellSets[[1]]), species = "human", tissue = "Immune system", key = "k"
  ))
  type <- character(dataset$n_cells)
  for (set in class$children) type[match(unlist(set$cellIds), dataset$cells_id)] <- set$name
  highest_in <- function(gene) {
    values <- gene_matrix(dataset, match(gene, dataset$genes$original_name))[, 1]
    names(which.max(tapply(values, type, mean)))
  }
  expect_match(highest_in("CD14"), "monocytes")
  expect_match(highest_in("APOE"), "Macrophages")
  expect_match(vapply(c("MS4A1", "CD79A"), highest_in, ""), "B cells")
  expect_match(vapply(c("GNLY", "NKG7"), highest_in, ""), "NK")
  expect_match(vapply(c("CD3D", "IL7R"), highest_in, ""), "T cells")
})

test_that("genes of another species are never taken for those asked for", {
  object <- typed_object()
  dataset <- dataset_from(object)
  ids <- ids_by_cluster(object)
  error <- expect_error(annotate(dataset, ids, species = "mouse"), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_SCTYPE_ERROR")
  expect_snapshot(complain(annotate(dataset, ids, species = "mouse")))
})

test_that("genes without symbols cannot be annotated", {
  for (names in list(sprintf("ENSG%011d", 1:230), sprintf("ENSMUSG%011d", 1:230), rownames(small_counts()))) {
    object <- small_object()
    object@misc$gene_annotations$original_name <- names
    error <- expect_error(annotate(dataset_from(object), ids_by_cluster(object)), class = "tandem_task_error")
    expect_identical(error$code, "R_WORKER_NO_GENE_SYMBOLS")
  }
  expect_snapshot(complain(annotate(dataset_from(object), ids_by_cluster(object))))
})

test_that("what is asked for is checked", {
  dataset <- dataset_from(typed_object())
  ids <- ids_by_cluster(typed_object())
  plain <- list(species = "human", tissue = "Liver", key = "k", cellSets = clusters_with(ids))
  without <- function(field) answer(dataset, "ScTypeAnnotate", plain[names(plain) != field])
  expect_snapshot({
    complain(annotate(dataset, ids, species = "zebrafish"))
    complain(annotate(dataset, ids, tissue = "immune system"))
    complain(annotate(dataset, ids, markers = 3))
    complain(annotate(dataset, ids, markers = "absent.xlsx"))
    complain(annotate(dataset, list(99999)))
    complain(without("cellSets"))
    complain(without("key"))
    complain(answer(dataset, "ScTypeAnnotate", utils::modifyList(plain, list(cellSets = list(louvain = NULL)))))
  })
})
