symbols_of <- function(texts) strsplit(texts, ",", fixed = TRUE)

own_table <- function(tissue) utils::read.delim(table_of_tissue(tissue), quote = "", colClasses = "character")

#' Put a table of the user's into a file
table_file <- function(..., name = "mine.tsv", env = parent.frame()) {
  path <- file.path(withr::local_tempdir(.local_envir = env), name)
  cat(..., file = path, sep = "\n")
  path
}

HEADER <- "cell_type\thuman_positive\thuman_negative\tmouse_positive\tmouse_negative\tsource"

test_that("there is a table for each of the fifteen tissues, and no other", {
  files <- list.files(dirname(table_of_tissue("Liver")), "\\.tsv$")
  expect_length(TISSUES, 15)
  expect_setequal(files, basename(vapply(TISSUES, table_of_tissue, "")))
})

test_that("every table keeps to its form", {
  shapes <- c(
    human = "^[A-Z0-9]+(-[A-Z0-9]+)*$",
    mouse = "^([A-Z][a-z0-9]*(-[a-z0-9]{1,3}|-C[0-9])?|H2-[A-Z][a-z0-9]+)$"
  )
  for (tissue in TISSUES) {
    table <- own_table(tissue)
    lines <- readLines(table_of_tissue(tissue))
    expect_identical(lines[1], HEADER)
    expect_true(all(utf8ToInt(paste(lines, collapse = "")) %in% c(9L, 32:126)), info = tissue)
    expect_true(all(nzchar(table$cell_type)) && !anyDuplicated(table$cell_type), info = tissue)
    expect_gte(nrow(table), 7)
    expect_true(all(grepl("^[A-Z][A-Za-z' -]+ [0-9]{4}(; [A-Za-z' -]+ [0-9]{4})*$", table$source)), info = tissue)
    for (species in SPECIES) {
      positive <- symbols_of(table[[paste0(species, "_positive")]])
      negative <- symbols_of(table[[paste0(species, "_negative")]])
      expect_true(all(lengths(positive) >= 4 & lengths(positive) <= 12), info = paste(tissue, species))
      expect_true(all(grepl(shapes[[species]], unlist(c(positive, negative)))), info = paste(tissue, species))
      twice <- mapply(function(x, y) anyDuplicated(c(x, y)) > 0, positive, negative)
      expect_false(any(twice), info = paste(tissue, species))
    }
  }
})

test_that("mice have genes of their own, not human ones in small letters", {
  expect_true(all(c("Ins1", "Ins2") %in% tissue_markers("Pancreas", "mouse")$positive$`Beta cells`))
  immune <- unlist(tissue_markers("Immune system", "mouse"))
  expect_true(all(c("Lyz2", "H2-Aa", "Ly6c2", "Klrb1c") %in% immune))
  expect_false(any(c("Gnly", "Lyz", "Hla-dra", "Fcgr3a") %in% immune))
})

test_that("every type is the best one for cells that express its markers", {
  for (tissue in TISSUES) for (species in SPECIES) {
    markers <- tissue_markers(tissue, species)
    types <- names(markers$positive)
    genes <- unique(unlist(markers))
    cells <- rep(types, each = 5L)
    values <- vapply(cells, function(type) genes %in% markers$positive[[type]] + 0, numeric(length(genes)))
    dataset <- symbol_dataset(values, genes)
    scores <- sctype_scores(dataset, unname(split(seq_along(cells), factor(cells, types))), markers)
    expect_identical(best_types(scores, rep(5, length(types))), types, info = paste(tissue, species))
  }
})

test_that("a table of the user's is read, whatever a spreadsheet did to it", {
  path <- table_file(
    HEADER, 'B cells\t"MS4A1, CD79A"\tCD3E\tMs4a1', "T cells\tCD3E,CD3D,CD3E\t\tCd3e\t\tmine", "No one\t\tCD3E\t"
  )
  expect_identical(tissue_markers("Skin", "human", path), list(
    positive = list(`B cells` = c("MS4A1", "CD79A"), `T cells` = c("CD3E", "CD3D")),
    negative = list(`B cells` = "CD3E", `T cells` = character())
  ))
  expect_identical(tissue_markers("Skin", "mouse", path)$positive, list(`B cells` = "Ms4a1", `T cells` = "Cd3e"))
})

test_that("a mark before the header, ends of lines of Windows and an open last line do no harm", {
  path <- file.path(withr::local_tempdir(), "mine.tsv")
  text <- "\ufeffcell_type\thuman_positive\thuman_negative\r\nB cells\tMS4A1\tCD3E"
  writeBin(charToRaw(enc2utf8(text)), path)
  expect_silent(found <- tissue_markers("Skin", "human", path))
  expect_identical(found, list(positive = list(`B cells` = "MS4A1"), negative = list(`B cells` = "CD3E")))
})

test_that("rows of the same type are taken together", {
  path <- table_file(HEADER, "B cells\tMS4A1\tCD3E\tMs4a1\tCd3e\tx", "B cells\tCD79A\t\tCd79a\t\tx")
  expect_identical(tissue_markers("Skin", "human", path)$positive, list(`B cells` = c("MS4A1", "CD79A")))
})

test_that("a workbook with the columns of ScTypeDB is read, whatever it is called", {
  path <- test_path("fixtures", "markers.xlsx")
  expected <- list(
    positive = list(`B cells` = c("MS4A1", "CD79A", "CD19"), `T cells` = c("CD3E", "CD3D")),
    negative = list(`B cells` = "CD3E", `T cells` = character())
  )
  expect_identical(tissue_markers("Immune system", "human", path), expected)
  renamed <- file.path(withr::local_tempdir(), "mine.tsv")
  file.copy(path, renamed)
  expect_identical(tissue_markers("Immune system", "mouse", renamed), expected)
})

test_that("what is wrong with a table is said", {
  folder <- file.path(withr::local_tempdir(), "folder")
  dir.create(folder)
  read <- function(path, tissue = "Liver", species = "human") complain(tissue_markers(tissue, species, path))
  broken <- table_file("PK\003\004 no workbook", name = "broken.xlsx")
  noise <- file.path(folder, "noise.tsv")
  writeBin(as.raw(c(0x50, 0x00, 0xff, 0xfe, 0x0a, 0x00, 0x09, 0x81)), noise)
  file.create(file.path(folder, "empty.tsv"))
  expect_snapshot({
    read("nowhere/absent.tsv")
    read("http://127.0.0.1:9/markers.tsv")
    read(folder)
    read(file.path(folder, "empty.tsv"))
    read(noise)
    read(broken)
    read(table_file("cell_type\thuman_positive\thuman_negative", "B cells\tMS4A1\t"), species = "mouse")
    read(table_file(HEADER))
    read(table_file(HEADER, "B cells\t\tCD3E\t\t\t"))
    read(test_path("fixtures", "markers.xlsx"))
  })
  error <- expect_error(tissue_markers("Liver", "human", noise), class = "tandem_task_error")
  expect_identical(error$code, "R_WORKER_SCTYPE_ERROR")
})
