# Objects that Seurat 5 saved (fixtures/make-seurat5.R) are the same experiment under every version of Seurat.

five <- function(name) {
  facts <- readRDS(test_path("fixtures", "seurat5-answers.rds"))[[name]]
  path <- file.path(tempfile("five-"), "r.rds")
  dir.create(dirname(path))
  file.copy(test_path("fixtures", sprintf("seurat5-%s.rds", name)), path)
  list(path = path, facts = facts, dataset = load_dataset(path, "five"))
}

values_of <- function(json) jsonlite::fromJSON(json, simplifyVector = FALSE)

for (name in c("several", "divided")) {
  test_that(paste("the expression is what Seurat 5 says it is:", name), {
    five <- five(name)
    for (layer in c("counts", "data")) {
      ours <- dense_layer(five$dataset, layer)
      expect_identical(ours, as_float32(as.matrix(five$facts[[layer]])[rownames(ours), colnames(ours)]))
    }
  })

  test_that(paste("every analysis answers as it did where the object was made:", name), {
    five <- five(name)
    params <- list(
      getEmbedding = list(type = "pca"),
      listGenes = list(orderBy = "dispersions", orderDirection = "DESC", offset = 0, limit = 20),
      runExpression = list(genes = c("GENE3", "MT-CO1"))
    )
    for (task in names(five$facts$answers)) {
      ours <- answer(five$dataset, task, params[[task]] %||% list())
      expect_equal(ours, values_of(five$facts$answers[[task]]), tolerance = 1e-7)
    }
  })

  test_that(paste("layouts and cell sets are made of it:", name), {
    five <- five(name)
    layout <- answer(five$dataset, "getEmbedding", list(type = "umap"))
    expect_identical(lengths(layout), rep(2L, five$dataset$n_cells))
    sets <- cell_sets_of(read_object(five$path))$cellSets
    expected <- list(several = c("louvain-B cell", "louvain-T cell"), divided = "louvain-divided")
    expect_identical(vapply(sets[[1]]$children, function(set) set$key[[1]], ""), expected[[name]])
  })
}

test_that("the RNA answers where another assay is the active one, and stored layouts with it", {
  dataset <- five("several")$dataset
  expect_identical(dataset$n_genes, 60L)
  saved <- answer(dataset, "getEmbedding", list(type = "umap", use_saved = TRUE))
  stored <- dataset$object@reductions$umap
  expect_equal(do.call(rbind, lapply(saved, numbers)), unname(stored))
})
