stored_experiment <- function(object = small_object(), env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  saveRDS(object, file.path(folder, "r.rds"), compress = FALSE)
  file.path(folder, "r.rds")
}

times_built <- function(path) {
  built <- 0L
  capture_log(prepare_store(path, function(...) {
    built <<- built + 1L
    build_store(...)
  }))
  built
}

in_store <- function(path, name) file.path(dirname(path), "store", name)

test_that("a store is made once, and found again", {
  path <- stored_experiment()
  expect_identical(times_built(path), 1L)
  expect_identical(times_built(path), 0L)
  expect_setequal(
    list.files(in_store(path, "")),
    c("counts.layer", "data.layer", "graphs.rds", "manifest.json", "object.rds")
  )
})

test_that("what is read from a store is what was written, in whichever process", {
  path <- stored_experiment()
  first <- load_dataset(path, "small")
  again <- load_dataset(path, "small")
  expect_identical(dense_layer(again, "counts"), as.matrix(small_counts()))
  expect_identical(dense_layer(again, "data"), as_float32(plain_values(small_object())))
  expect_identical(again$genes, first$genes)
  expect_identical(again$dispersion, first$dispersion)
  expect_identical(again$object@meta.data, small_object()@meta.data)
  expect_equal(again$object@reductions$pca, small_object()@reductions$pca@cell.embeddings, ignore_attr = TRUE)
})

test_that("counts are kept as narrow as they are, everything else as 32-bit floats", {
  type_of <- function(...) layer_facts(layer_from(matrix(c(...), 1L)))$value_type
  expect_identical(type_of(0, 255), "uint8")
  expect_identical(type_of(0, 256), "uint16")
  expect_identical(type_of(65535), "uint16")
  expect_identical(type_of(65536), "float32")
  expect_identical(type_of(0.5, 1), "float32")
  expect_identical(type_of(-1, 1), "float32")
})

test_that("another r.rds makes another store", {
  path <- stored_experiment()
  expect_identical(times_built(path), 1L)
  object <- small_object()
  object@meta.data$percent.mt <- rev(object@meta.data$percent.mt)
  time <- file.mtime(path)
  saveRDS(object, path, compress = FALSE)
  Sys.setFileTime(path, time) # same size, same time: only the contents tell
  expect_identical(times_built(path), 1L)
  expect_identical(load_dataset(path, "small")$object@meta.data$percent.mt, object@meta.data$percent.mt)
})

change_byte <- function(path, at) {
  bytes <- readBin(path, "raw", file.size(path))
  bytes[at] <- xor(bytes[at], as.raw(1))
  writeBin(bytes, path)
}

test_that("a store that is damaged anywhere is made anew, never used", {
  path <- stored_experiment()
  times_built(path)
  for (name in c("counts.layer", "data.layer", "graphs.rds", "object.rds", "manifest.json")) {
    file <- in_store(path, name)
    size <- file.size(file)
    damages <- list(
      cut = function() writeBin(readBin(file, "raw", size - 9L), file),
      long = function() cat("x", file = file, append = TRUE),
      gone = function() unlink(file),
      empty = function() file.create(file),
      start = function() change_byte(file, 1L),
      middle = function() change_byte(file, size %/% 2L)
    )
    if (name == "manifest.json") damages <- damages[c("cut", "gone", "empty", "start")]
    for (damage in names(damages)) {
      damages[[damage]]()
      expect_identical(times_built(path), 1L, label = paste(name, damage))
    }
  }
  expect_identical(dense_layer(load_dataset(path, "small"), "counts"), as.matrix(small_counts()))
})

test_that("a layer file that is not one is refused by itself too", {
  path <- withr::local_tempfile()
  writeLines("no layer", path)
  expect_error(layer_open(path), "cannot be mapped|no layer of expression")
  path <- in_store(stored_experiment() |> (\(path) { times_built(path); path })(), "data.layer")
  for (at in c(1L, 9L, 17L, 60L, 66L)) {
    copy <- withr::local_tempfile()
    file.copy(path, copy)
    change_byte(copy, at)
    expect_error(layer_open(copy), "damaged|another version|no layer", label = paste("byte", at))
  }
})

test_that("values that are no finite numbers are refused by the gene's name, and nothing is left", {
  for (bad in c(NaN, NA, Inf)) {
    object <- small_object()
    object@assays$RNA@data[3, 5] <- bad
    path <- stored_experiment(object)
    expect_error(load_dataset(path, "small"), "Gene ENSG3 has a value that is no finite", class = "tandem_dataset_error")
    expect_identical(grep("data|manifest|tmp", list.files(in_store(path, "")), value = TRUE), character())
  }
})

test_that("where the store cannot be kept beside the data, it is made elsewhere", {
  path <- stored_experiment()
  writeLines("in the way", file.path(dirname(path), "store"))
  lines <- capture_log(dataset <- load_dataset(path, "small"))
  expect_match(lines, "cannot be kept beside the data", all = FALSE)
  expect_identical(dense_layer(dataset, "counts"), as.matrix(small_counts()))
})

test_that("stored zeros are not kept", {
  matrix <- Matrix::sparseMatrix(c(1, 1, 2), c(1, 2, 2), x = c(0, 3, 0), dims = c(2, 2))
  expect_identical(layer_facts(layer_from(matrix))$entries, 1)
})

test_that("pieces are put together whatever the order of their cells", {
  dense <- withr::with_seed(1, matrix(rpois(40L, 1), 4L))
  piece_of <- function(cells) {
    matrix <- as(as(dense[, cells], "dMatrix"), "CsparseMatrix") |> as("generalMatrix")
    list(p = matrix@p, i = matrix@i, x = matrix@x, genes = 1:4, cells = cells)
  }
  path <- withr::local_tempfile()
  write_layer(list(piece_of(c(9L, 2L, 5L)), piece_of(c(1L, 10L, 3L, 4L, 8L, 6L, 7L))), path, letters[1:4], 10L, "0")
  dataset <- list(layers = list(data = layer_open(path)))
  expect_identical(unname(as.matrix(Matrix::t(gene_matrix(
    list(layers = dataset$layers, n_cells = 10L, genes = data.frame(name = letters[1:4])), 1:4
  )))), dense + 0)
  expect_error(write_layer(list(piece_of(1:2), piece_of(2:3)), path, letters[1:4], 10L, "0"), "two matrices")
})

test_that("the same object gives the same bytes, whatever the threads", {
  sums <- vapply(c("1", "3"), function(threads) {
    withr::local_envvar(TANDEM_THREADS = threads)
    path <- stored_experiment()
    times_built(path)
    paste(tools::md5sum(list.files(in_store(path, ""), full.names = TRUE)), collapse = " ")
  }, "")
  expect_identical(sums[[1]], sums[[2]])
})

test_that("a manifest without a table of files is a fault, not a failure", {
  folder <- withr::local_tempdir()
  for (files in list("object.rds", list(), 1, list(list(name = "object.rds")))) {
    manifest <- list(version = STORE_VERSION, source = "0", files = files)
    jsonlite::write_json(manifest, file.path(folder, "manifest.json"), auto_unbox = TRUE)
    expect_identical(store_fault(folder, "0"), "its manifest names no files")
  }
})

test_that("layers of an r.rds that had more of them do not stay", {
  path <- stored_experiment()
  times_built(path)
  object <- small_object()
  object@assays$RNA@counts <- methods::new("dgCMatrix")
  saveRDS(object, path, compress = FALSE)
  expect_named(capture_value(load_dataset(path, "small"))$layers, "data")
  expect_false(file.exists(in_store(path, "counts.layer")))
})

test_that("what was half written when its writer was killed does not stay", {
  path <- stored_experiment()
  dir.create(in_store(path, ""))
  file.create(in_store(path, "data.layer.4711.tmp"))
  expect_identical(times_built(path), 1L)
  expect_identical(list.files(in_store(path, ""), "tmp"), character())
})

test_that("a manifest must name every file that is read", {
  path <- stored_experiment()
  times_built(path)
  written <- jsonlite::read_json(in_store(path, "manifest.json"), simplifyVector = TRUE)
  for (name in written$files$name) {
    lie <- written
    lie$files <- lie$files[lie$files$name != name, ]
    jsonlite::write_json(lie, in_store(path, "manifest.json"), auto_unbox = TRUE, digits = NA)
    change_byte(in_store(path, name), file.size(in_store(path, name)) - 1)
    expect_identical(times_built(path), 1L, label = name)
  }
})

test_that("of several processes one makes the store, and the others find it", {
  path <- stored_experiment()
  build_slowly <- function(path, libraries) {
    .libPaths(libraries)
    loadNamespace("tandem")
    built <- 0L
    found <- tandem:::prepare_store(path, function(...) {
      built <<- built + 1L
      Sys.sleep(0.5)
      tandem:::build_store(...)
    })
    c(built = built, fault = length(tandem:::store_fault(found$folder, found$checksum)))
  }
  processes <- lapply(1:3, function(i) callr::r_bg(build_slowly, list(path, .libPaths())))
  found <- vapply(processes, function(process) {
    process$wait(30000)
    process$get_result()
  }, c(built = 0L, fault = 0L))
  expect_identical(sum(found["built", ]), 1L)
  expect_identical(sum(found["fault", ]), 0L)
})

test_that("a store that was made anew of another r.rds meanwhile is not read", {
  path <- stored_experiment()
  store <- capture_value(prepare_store(path))
  other <- small_object()
  other@meta.data$percent.mt <- rev(other@meta.data$percent.mt)
  saveRDS(other, path, compress = FALSE)
  capture_log(prepare_store(path))
  expect_error(load_dataset(path, "small", store), "made anew of another r.rds", class = "tandem_dataset_error")
})

test_that("a value that the disk had no room for is not taken for saved", {
  skip_if_not(file.exists("/dev/full"))
  expect_error(suppressWarnings(save_whole(1:3, "/dev/full")), "no room left")
  path <- withr::local_tempfile()
  save_whole(list(a = 1:3), path)
  expect_identical(readRDS(path), list(a = 1:3))
})

test_that("a file is put in place whole or not at all", {
  path <- file.path(withr::local_tempdir(), "r.rds")
  writeLines("old", path)
  expect_error(put_in_place(path, function(beside) {
    writeLines("half", beside)
    stop("out of room")
  }))
  expect_identical(readLines(path), "old")
  expect_identical(list.files(dirname(path)), "r.rds")
})

test_that("a matrix that is not what it says is refused, whatever is wrong with it", {
  sound <- list(p = c(0L, 1L, 2L), i = c(0L, 2L), x = c(1, 2), genes = 1:3, cells = 1:2)
  path <- withr::local_tempfile()
  expect_no_error(write_layer(list(sound), path, letters[1:3], 2L, "0"))
  for (damage in list(
    list(i = c(0L, 3L)), list(i = c(-1L, 0L)), list(i = c(NA, 0L)), list(p = c(0L, 3L, 2L)), list(p = c(0L, 1L, 9L)),
    list(p = c(1L, 1L, 2L)), list(p = integer()), list(genes = c(1L, 2L, 4L)), list(genes = c(0L, 1L, 2L)),
    list(cells = c(1L, 3L)), list(cells = 0:1), list(x = 1)
  )) {
    expect_error(write_layer(list(utils::modifyList(sound, damage)), path, letters[1:3], 2L, "0"), "does not fit its own")
  }
})
