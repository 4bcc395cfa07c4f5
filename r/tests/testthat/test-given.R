analysed_parcel <- function(cells = SMALL_CELLS, ..., notes = list(analysed = TRUE)) {
  counts <- small_counts(cells = cells)
  columns <- list(
    samples = factor(rep_len(c("b", "a"), cells)),
    seurat_clusters = factor(rep_len(c("T cell", "B cell", "NK"), cells), c("T cell", "NK", "B cell")),
    condition = factor(rep_len(c("treated", "control"), cells)),
    age = as.numeric(seq_len(cells)),
    cells_id = 2 * seq_len(cells)
  )
  reductions <- withr::with_seed(4, list(
    pca = matrix(stats::rnorm(5 * cells), cells), umap = matrix(stats::rnorm(2 * cells), cells),
    scvi = matrix(stats::rnorm(3 * cells), cells)
  ))
  parcel_from(
    counts, columns = columns, reductions = reductions,
    colours = list(seurat_clusters = c("#111111", "#222222", "#333333")), notes = notes, ...
  )
}

analysed_folder <- withr::local_tempdir(.local_envir = teardown_env())
analysed_told <- import_quietly(analysed_parcel(), analysed_folder, import_request())
analysed <- readRDS(file.path(analysed_folder, "r.rds"))

test_that("what the author computed is not computed again", {
  steps <- unique(vapply(analysed_told, `[[`, "", "step"))
  expect_false(any(c("droplets", "components", "clusters", "layout") %in% steps))
  parcel <- open_parcel(analysed_parcel())
  for (name in c("pca", "umap", "scvi")) {
    expect_identical(unname(analysed@reductions[[name]]@cell.embeddings), parcel$reductions[[name]])
  }
  expect_identical(colnames(analysed@reductions$scvi@cell.embeddings), paste0("scvi_", 1:3))
  expect_identical(analysed@misc$numPCs, 5L)
})

test_that("columns, ids and clusters are kept", {
  meta <- analysed@meta.data
  expect_identical(nrow(meta), SMALL_CELLS) # though all have few genes
  expect_identical(meta$cells_id, 2L * seq_len(SMALL_CELLS))
  expect_identical(meta$age, as.numeric(seq_len(SMALL_CELLS)))
  expect_identical(levels(meta$seurat_clusters), c("T cell", "NK", "B cell"))
  expect_identical(meta$samples, rep_len(c("b", "a"), SMALL_CELLS))
})

test_that("cell sets have the author's names and colours; what samples agree on is a metadata track", {
  sets <- jsonlite::read_json(file.path(analysed_folder, "cell_sets.json"))$cellSets
  names(sets) <- vapply(sets, `[[`, "", "key")
  clusters <- sets$louvain$children
  expect_identical(vapply(clusters, `[[`, "", "name"), c("T cell", "NK", "B cell"))
  expect_identical(vapply(clusters, `[[`, "", "color"), c("#111111", "#222222", "#333333"))
  expect_identical(sets$condition$type, "metadataCategorical")
  expect_identical(sets$sample$children[[1]]$color, FIRST_COLOURS[[1]])
})

test_that("cell sets that came along stay as they are", {
  folder <- withr::local_tempdir()
  import_quietly(analysed_parcel(cell_sets = '{"cellSets": []}'), folder, import_request())
  expect_identical(readLines(file.path(folder, "cell_sets.json")), '{"cellSets": []}')
})

test_that("a handful of cells is enough where the author chose them", {
  object <- imported(analysed_parcel(12L), layout = "none")
  expect_identical(nrow(object@meta.data), 12L)
})

test_that("components without a place for each cell are computed anew", {
  parcel <- parcel_from(
    small_counts(), reductions = list(pca = cbind(c(NaN, rep(1, SMALL_CELLS - 1)), 1)), notes = list(analysed = TRUE)
  )
  object <- imported(parcel, layout = "none", doublets = FALSE)
  expect_true(all(is.finite(object@reductions$pca@cell.embeddings)))
})

test_that("barcodes that occur in two samples are told apart by the sample's name", {
  expect_identical(cell_names(c("A", "B"), c("x", "y")), c("A", "B"))
  expect_identical(cell_names(c("A", "A", "B"), c("x", "y", "y")), c("x_A", "y_A", "y_B"))
  expect_identical(cell_names(c("A", "A"), c("x", "x")), c("x_A", "x_A.1"))
})

test_that("cells without a sample are counted", {
  parcel <- parcel_from(small_counts(), columns = list(samples = factor(c(NA, NA, rep("a", SMALL_CELLS - 2L)))))
  expect_snapshot(complain(imported(parcel)))
})

test_that("given cell sets stay as they are, but for cells that are left out", {
  text <- paste0(
    '{"cellSets": [{"key": "louvain", "name": "Gr\\u00fc\\u00dfe", "rootNode": true, "type": "cellSets", "children": ',
    '[{"key": "louvain-0", "name": "one", "color": "#112233", "cellIds": [2, 4]}, ',
    '{"key": "louvain-1", "name": "two", "cellIds": [6]}]}, {"key": "scratchpad", "children": []}]}'
  )
  import <- function(...) {
    folder <- withr::local_tempdir(.local_envir = parent.frame())
    import_quietly(analysed_parcel(cell_sets = text), folder, import_request(...))
    file.path(folder, "cell_sets.json")
  }
  expect_identical(readLines(import(clustering = "none")), text)

  counts <- Matrix::colSums(small_counts(cells = SMALL_CELLS))
  asked <- import(min_counts = sort(counts)[[4L]], asked = I("min_counts"))
  kept <- which(counts >= sort(counts)[[4L]])
  sets <- jsonlite::read_json(asked)$cellSets
  ids <- lapply(sets[[1L]]$children, function(set) unlist(set$cellIds))
  expect_identical(ids[[1L]], intersect(c(2L, 4L), 2L * kept))
  expect_identical(as.integer(ids[[2L]]), intersect(6L, 2L * kept))
  expect_identical(sets[[2L]]$children, list())
  expect_identical(sets[[1L]]$name, "Gr\u00fc\u00dfe")
})

test_that("sets of one cell and of none are lists still", {
  set <- function(...) list(key = "a", cellIds = list(...))
  sets <- sets_within(list(cellSets = list(list(key = "b", children = list(set(1L, 2L), set(3L))))), 1L)
  expect_identical(
    as.character(jsonlite::toJSON(sets, auto_unbox = TRUE)),
    '{"cellSets":[{"key":"b","children":[{"key":"a","cellIds":[1]},{"key":"a","cellIds":[]}]}]}'
  )
})

test_that("layouts of any number of dimensions and of any name are kept", {
  counts <- small_counts()
  places <- function(n) matrix(seq_len(n * SMALL_CELLS) / 7, SMALL_CELLS, n)
  for (n in c(1L, 3L)) {
    given <- list(umap = places(n), "+" = places(2L))
    parcel <- parcel_from(counts, reductions = given, notes = list(analysed = TRUE))
    object <- imported(parcel, clustering = "none", doublets = FALSE)
    expect_identical(unname(object@reductions$umap@cell.embeddings), given$umap)
    expect_identical(colnames(object@reductions[["+"]]@cell.embeddings), c("reduction_1", "reduction_2"))
  }
})
