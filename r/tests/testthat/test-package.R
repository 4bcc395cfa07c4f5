test_that("no name is given twice: the later file would silently win", {
  files <- list.files(test_path("..", "..", "R"), "[.]R$", full.names = TRUE)
  skip_if_not(length(files) > 0, "the sources are not here")
  names <- unlist(lapply(files, function(file) {
    assigned <- Filter(function(call) is.call(call) && identical(call[[1L]], as.name("<-")), as.list(parse(file)))
    vapply(assigned, function(call) paste(deparse(call[[2L]]), collapse = ""), "")
  }))
  expect_identical(names[duplicated(names)], character())
})

test_that("nothing is fetched or run from a network", {
  namespace <- asNamespace("tandem")
  functions <- Filter(is.function, as.list(namespace, all.names = TRUE))
  fetching <- c("source", "url", "download.file", "install.packages", "curl", "curl_download", "GET", "socketConnection")
  called <- function(code) setdiff(all.names(code), all.names(code, functions = FALSE))
  for (name in names(functions)) {
    expect_identical(intersect(called(body(functions[[name]])), fetching), character(), label = name)
  }
})
