test_that("no name is given twice: the later file would silently win", {
  files <- list.files(test_path("..", "..", "R"), "[.]R$", full.names = TRUE)
  skip_if_not(length(files) > 0, "the sources are not here")
  names <- unlist(lapply(files, function(file) {
    assigned <- Filter(function(call) is.call(call) && identical(call[[1L]], as.name("<-")), as.list(parse(file)))
    vapply(assigned, function(call) paste(deparse(call[[2L]]), collapse = ""), "")
  }))
  expect_identical(names[duplicated(names)], character())
})
