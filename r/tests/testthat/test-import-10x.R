write_10x <- function(folder, counts, features, gz = TRUE, matrix_lines = NULL) {
  put <- function(name, lines) {
    path <- file.path(folder, if (gz) paste0(name, ".gz") else name)
    file <- if (gz) gzfile(path) else file(path)
    writeLines(lines, file)
    close(file)
  }
  entries <- Matrix::summary(counts)
  put("matrix.mtx", matrix_lines %||% c(
    "%%MatrixMarket matrix coordinate integer general", "% a remark", paste(nrow(counts), ncol(counts), nrow(entries)),
    paste(entries$i, entries$j, entries$x)
  ))
  put("features.tsv", features)
  put("barcodes.tsv", colnames(counts))
  folder
}

small_features <- function() sprintf("%s\tGENE%d\tGene Expression", rownames(small_counts()), seq_len(SMALL_GENES))

test_that("counts come as they were written, compressed or not", {
  for (gz in c(TRUE, FALSE)) {
    read <- read_10x(write_10x(withr::local_tempdir(), small_counts(), small_features(), gz))
    expect_identical(as.matrix(read$counts), as.matrix(small_counts()))
    expect_identical(read$annotations$original_name[9], "GENE9")
  }
})

test_that("other kinds of features are left out", {
  features <- small_features()
  features[4] <- "CD4_antibody\tCD4\tAntibody Capture"
  read <- read_10x(write_10x(withr::local_tempdir(), small_counts(), features))
  expect_identical(rownames(read$counts), rownames(small_counts())[-4])
})

test_that("genes get ids that Seurat allows, and names of their own", {
  genes <- annotate_genes(c("Y_RNA", "ENSG1", "ENSG2", "Y-RNA"), c("Y_RNA", "TBCE", "TBCE", "it's \"quoted\""))
  expect_identical(genes$input, c("Y-RNA", "ENSG1", "ENSG2", "Y-RNA.1"))
  expect_identical(genes$name, c("Y_RNA", "TBCE - ENSG1", "TBCE - ENSG2", "it's \"quoted\""))
  expect_identical(genes$original_name[2:3], c("TBCE", "TBCE"))
})

test_that("a folder that is not whole is refused with the file's name", {
  folder <- withr::local_tempdir()
  expect_error(read_10x(folder), "There is no features.tsv\\(.gz\\)", class = "tandem_dataset_error")
  write_10x(folder, small_counts(), small_features()[-1])
  expect_error(read_10x(folder), "is 230 x 80, but there are 229 features", class = "tandem_dataset_error")
})

test_that("a matrix cut short, or of another kind, is refused", {
  header <- "%%MatrixMarket matrix coordinate integer general"
  for (lines in list(c(header, "230 80 3", "1 1 5"), c(header, "230 80 1", "1 1 -5"), "not a matrix")) {
    folder <- write_10x(withr::local_tempdir(), small_counts(), small_features(), matrix_lines = lines)
    expect_error(read_10x(folder), "cut short|not a Matrix Market", class = "tandem_dataset_error")
  }
})
