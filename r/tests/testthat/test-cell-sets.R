sets_of <- function(object) {
  classes <- jsonlite::fromJSON(to_json(cell_sets_of(object)), simplifyVector = FALSE)$cellSets
  setNames(classes, vapply(classes, `[[`, "", "key"))
}

ids_in <- function(class) lapply(class$children, function(set) unlist(set$cellIds))

test_that("the classes are those that clients look for, in their order", {
  classes <- sets_of(small_object())
  expect_identical(names(classes), c("louvain", "scratchpad", "sample"))
  expect_identical(
    vapply(classes, `[[`, "", "name"),
    c(louvain = "louvain clusters", scratchpad = "Custom cell sets", sample = "Samples")
  )
  types <- vapply(classes, `[[`, "", "type", USE.NAMES = FALSE)
  expect_identical(types, c("cellSets", "cellSets", "metadataCategorical"))
  expect_true(all(vapply(classes, `[[`, NA, "rootNode")))
  expect_identical(classes$scratchpad$children, list())
})

test_that("clusters hold their cells by id", {
  object <- small_object()
  louvain <- sets_of(object)$louvain
  first <- louvain$children[[1]]
  expect_identical(first[c("key", "name", "rootNode", "type")],
                   list(key = "louvain-0", name = "Cluster 0", rootNode = FALSE, type = "cellSets"))
  expect_identical(ids_in(louvain), unname(split(object@meta.data$cells_id, object@meta.data$seurat_clusters)))
})

test_that("a set of one cell holds an array", {
  object <- small_object()
  object@meta.data$seurat_clusters <- factor(c(1, rep(0, SMALL_CELLS - 1)))
  expect_identical(sets_of(object)$louvain$children[[2]]$cellIds, list(0L))
})

test_that("clusters that lie in ten or more keep their order as numbers", {
  object <- small_object()
  object@meta.data$seurat_clusters <- factor(rep_len(0:11, SMALL_CELLS))
  keys <- vapply(sets_of(object)$louvain$children, `[[`, "", "key")
  expect_identical(keys, paste0("louvain-", 0:11))
})

test_that("an ordinary object has its identities as clusters and its origin as sample", {
  object <- plain_object()
  object@meta.data$orig.ident <- factor(rep_len(c("a", "b"), SMALL_CELLS))
  object@active.ident <- setNames(factor(rep_len(c("T cell", "B cell"), SMALL_CELLS)), rownames(object@meta.data))
  classes <- sets_of(object)
  expect_identical(vapply(classes$louvain$children, `[[`, "", "key"), c("louvain-B cell", "louvain-T cell"))
  expect_identical(vapply(classes$sample$children, `[[`, "", "name"), c("a", "b"))
})

test_that("columns of categories become classes: a metadata track where samples agree, cell sets where not", {
  object <- small_object()
  object@meta.data$condition <- ifelse(object@meta.data$samples == "sample-a", "treated", "control")
  object@meta.data$cell_type <- factor(rep_len(c("T", "B", NA), SMALL_CELLS))
  object@meta.data$barcode <- paste0("barcode-", seq_len(SMALL_CELLS), "x")
  object@meta.data$constant <- "same"
  classes <- sets_of(object)
  expect_identical(classes$condition$type, "metadataCategorical")
  expect_identical(vapply(classes$condition$children, `[[`, "", "key"), c("condition-control", "condition-treated"))
  expect_identical(classes$cell_type$type, "cellSets")
  expect_length(unlist(ids_in(classes$cell_type)), sum(!is.na(object@meta.data$cell_type)))
  expect_null(classes$constant)
})

test_that("sets take the colours of the pool one after another", {
  object <- small_object()
  classes <- sets_of(object)
  colours <- unlist(lapply(classes, function(class) vapply(class$children, `[[`, "", "color")), use.names = FALSE)
  expect_identical(colours, paste0("color_", 1:5))
  object@misc$color_pool <- c("one", "two")
  expect_identical(sets_of(object)$sample$children[[1]]$color, "two")
})

folder_with <- function(object, env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  saveRDS(object, file.path(folder, "r.rds"), compress = FALSE)
  folder
}

test_that("an ordinary object is given its cell sets, and what was written is told", {
  object <- plain_object()
  object@meta.data$tissue <- rep_len(c("lung", "liver"), SMALL_CELLS)
  folder <- folder_with(object)
  printed <- capture.output(path <- write_cell_sets(folder))
  expect_identical(printed, c(
    file.path(folder, "cell_sets.json"), "  louvain clusters: 1", "  Custom cell sets: 0", "  Samples: 1", "  tissue: 2"
  ))
  expect_identical(paste(readLines(path, warn = FALSE), collapse = "\n"), to_json(cell_sets_of(object)))
  expect_setequal(list.files(folder), c("r.rds", "cell_sets.json"))
})

test_that("cell sets that are there are kept, unless they shall be replaced", {
  folder <- folder_with(plain_object())
  path <- file.path(folder, "cell_sets.json")
  writeLines("mine", path)
  expect_error(write_cell_sets(folder), "is there already. Add `replace = TRUE`", class = "tandem_dataset_error")
  expect_identical(readLines(path), "mine")
  capture.output(write_cell_sets(folder, replace = TRUE))
  expect_gt(file.size(path), 100)
})

test_that("a folder without an object is named, and nothing is written", {
  folder <- withr::local_tempdir()
  expect_error(write_cell_sets(folder), "r.rds cannot be read", class = "tandem_dataset_error")
  expect_length(list.files(folder), 0L)
})

test_that("a column that is called as a class, or as sets that clusterings make, is told from them by its key", {
  object <- small_object()
  for (column in c("louvain", "leiden", "sample")) object@meta.data[[column]] <- factor(rep_len(0:1, SMALL_CELLS))
  classes <- unname(sets_of(object))
  keys <- vapply(classes, `[[`, "", "key")
  expect_identical(keys, c("louvain", "scratchpad", "sample", "louvain.1", "leiden.1", "sample.1"))
  expect_identical(vapply(classes[[5]]$children, `[[`, "", "key"), c("leiden.1-0", "leiden.1-1"))
  expect_identical(classes[[5]]$name, "leiden")
})

test_that("every key is there once", {
  object <- small_object()
  object@meta.data$samples <- rep_len(c("sample", "day", "day-1"), SMALL_CELLS)
  object@meta.data$day <- factor(rep_len(1:2, SMALL_CELLS))
  classes <- sets_of(object)
  sets <- unlist(lapply(classes, function(class) vapply(class$children, `[[`, "", "key")))
  expect_identical(anyDuplicated(c(names(classes), sets)), 0L)
})

test_that("an empty text is no set", {
  object <- small_object()
  object@meta.data$label <- rep_len(c("", "yes", "no"), SMALL_CELLS)
  expect_identical(vapply(sets_of(object)$label$children, `[[`, "", "name"), c("no", "yes"))
})
