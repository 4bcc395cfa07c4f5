test_that("genes get ids that Seurat allows, and names of their own", {
  genes <- annotate_genes(c("Y_RNA", "ENSG1", "ENSG2", "Y-RNA"), c("Y_RNA", "TBCE", "TBCE", "it's \"quoted\""))
  expect_identical(genes$input, c("Y-RNA", "ENSG1", "ENSG2", "Y-RNA.1"))
  expect_identical(genes$name, c("Y_RNA", "TBCE - ENSG1", "TBCE - ENSG2", "it's \"quoted\""))
  expect_identical(genes$original_name[2:3], c("TBCE", "TBCE"))
})

named <- function(...) annotate_genes(c(...), c(...))

test_that("mitochondrial genes are known by symbol, else by id", {
  expect_identical(mitochondrial_genes(named("MTOR", "mt-Co1", "MT-ND1", "AMT-1")), 2:3)
  expect_identical(mitochondrial_genes(named("ENSG00000198888", "ENSG00000141510", "ENSMUSG00000064341.3")), c(1L, 3L))
  expect_identical(mitochondrial_genes(named("TP53")), integer())
  expect_length(MITOCHONDRIAL_IDS, 26L)
})

test_that("the species is known by ids, else by symbols", {
  expect_identical(species_of(named("ENSG00000198888")), "human")
  expect_identical(species_of(named("ENSMUSG00000064341")), "mouse")
  expect_identical(species_of(named("TP53", "MT-ND1")), "human")
  expect_identical(species_of(named("Trp53", "mt-Nd1")), "mouse")
  expect_null(species_of(named("TP53")))
})
