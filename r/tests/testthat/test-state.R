test_that("a service without its file waits and takes it when it comes", {
  folder <- withr::local_tempdir()
  service <- local_service(dataset = FALSE, folder = folder)
  expect_equal(state_name(service), "waiting")
  put_dataset(folder)
  wait_until(service, !is.null(service$current))
  expect_equal(service$current[c("number", "cells", "genes")], list(number = 1L, cells = 80L, genes = 230L))
})

test_that("a service without an experiment waits for the label", {
  folder <- withr::local_tempdir()
  service <- local_service(dataset = FALSE, folder = folder, experiment = NULL)
  put_dataset(folder, experiment = "labelled")
  writeLines('experimentId="labelled"', file.path(folder, "labels"))
  wait_until(service, !is.null(service$current))
  expect_equal(service$experiment, "labelled")
})

test_that("old data answers until the swap and never after it", {
  folder <- withr::local_tempdir()
  service <- local_service(folder = folder)
  release <- file.path(folder, "release")
  long <- capture_value(send(service, "POST", "/v0/wait", small_json(list(path = release))))
  old <- service$current$pid
  put_dataset(folder, small_object()[, 1:40])
  expect_true(is_stale(service))
  seen <- integer()
  while (length(seen) < 2000L && !identical(service$current$number, 2L)) {
    seen <- c(seen, ask(service, "POST", "/v0/sleep", '{"seconds":0}')$json$generation)
  }
  expect_equal(unique(seen), 1L)
  expect_equal(service$current$cells, 40L)
  expect_false(is_stale(service))
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$json$generation, 2L)
  expect_null(long$response)
  file.create(release)
  wait_until(service, !is.null(long$response))
  expect_equal(long$response$json$generation, 1L)
  wait_until(service, !dir.exists(file.path("/proc", old)))
  expect_length(service$retired, 0L)
})

test_that("a file that is no dataset keeps the old data and is not tried again", {
  folder <- withr::local_tempdir()
  service <- local_service(folder = folder)
  path <- file.path(folder, "small", "r.rds")
  put_dataset(folder, list(not = "a dataset"))
  wait_until(service, !is.null(service$error))
  expect_equal(service$generations, 2L)
  ready <- ask(service, "GET", "/ready")
  expect_equal(ready$status, 200L)
  expect_equal(ready$json$generation, 1L)
  expect_type(ready$json$error, "character")
  service$looked <- 0
  wait_until(service, service$looked > 0)
  expect_null(service$candidate)
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$json$generation, 1L)
})

test_that("a file that is still being written is left alone", {
  folder <- withr::local_tempdir()
  service <- local_service(dataset = FALSE, folder = folder)
  whole <- readBin(put_dataset(folder, experiment = "elsewhere"), "raw", 1e7)
  path <- file.path(folder, "small", "r.rds")
  dir.create(dirname(path))
  pieces <- split(whole, ceiling(seq_along(whole) / (length(whole) / 4)))
  for (piece in pieces) {
    con <- file(path, "ab")
    writeBin(piece, con)
    close(con)
    service$looked <- 0
    capture_log(step(service))
    expect_null(service$candidate)
  }
  wait_until(service, !is.null(service$current))
  expect_equal(service$generations, 1L)
})

#' The generations that have folders, in scratch and among the temporary files.
generations_with_folders <- function(service) {
  lapply(c(scratch = file.path(service$scratch, "generations"), temporary = service$temporary), function(folder) {
    setdiff(list.files(folder), "lock")
  })
}

#' A service that has ended when this returns.
replace_and_refuse <- function(folder) {
  service <- local_service(folder = folder)
  put_dataset(folder, small_object()[, 1:40])
  wait_until(service, identical(service$current$number, 2L) && !length(service$ending))
  expect_equal(generations_with_folders(service), list(scratch = "2", temporary = "2"))
  put_dataset(folder, list(not = "a dataset"))
  wait_until(service, !is.null(service$error) && !length(service$ending))
  expect_equal(generations_with_folders(service), list(scratch = "2", temporary = "2"))
  service
}

test_that("nothing stays of a generation that is replaced or refused, or of a service that ends", {
  folder <- withr::local_tempdir()
  ended <- replace_and_refuse(folder)
  expect_false(any(dir.exists(c(ended$scratch, ended$temporary))))
})

test_that("nothing stays of a generation that died, though its store was with it", {
  folder <- withr::local_tempdir()
  put_dataset(folder)
  file.create(file.path(folder, "small", "store")) # where it stands no store can be written
  service <- local_service(folder = folder)
  store <- function() list.files(file.path(service$temporary, service$current$number, "store"))
  expect_true("data.layer" %in% store())
  tools::pskill(service$current$pid, 9L)
  wait_until(service, identical(service$current$number, 2L))
  expect_equal(generations_with_folders(service), list(scratch = "2", temporary = "2"))
  expect_true("data.layer" %in% store())
})

test_that("an analysis that quits leaves the store where it is", {
  register_task("leave", function(dataset, params) quit(status = 0L))
  folder <- withr::local_tempdir()
  put_dataset(folder)
  file.create(file.path(folder, "small", "store"))
  service <- local_service(folder = folder)
  expect_equal(ask(service, "POST", "/v0/leave", "{}")$json$error_code, "R_WORKER_CHILD_DIED")
  expect_true(file.exists(file.path(service$temporary, "1", "store", "graphs.rds")))
})

test_that("when the process with the data dies, its requests end and the file is loaded again", {
  service <- local_service()
  sent <- capture_value(send(service, "POST", "/v0/sleep", '{"seconds":9}'))
  wait_until(service, length(in_state(service, "running")) == 1L)
  tools::pskill(service$current$pid, 9L)
  wait_until(service, !is.null(sent$response))
  expect_equal(sent$response$json$error_code, "R_WORKER_CHILD_DIED")
  wait_until(service, !is.null(service$current))
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$json$generation, 2L)
})
