capture_one <- function(service, name = "sleep", body = '{"seconds":0}') {
  ask(service, "POST", paste0("/v0/", name), body)
  list.files(service$settings$debug_dir)
}

test_that("only the chosen task is saved, with the data it ran on", {
  service <- local_service(debug_step = "sleep")
  expect_equal(capture_one(service, "flood", '{"megabytes":1}'), character())
  expect_equal(capture_one(service), c("small_data.rds", "small_sleep_req.rds"))
  expect_equal(readRDS(file.path(service$settings$debug_dir, "small_sleep_req.rds")), list(
    name = "sleep", experiment = "small", params = list(seconds = 0L), data = "small_data.rds"
  ))
})

test_that("the data is copied once for each generation", {
  folder <- withr::local_tempdir()
  service <- local_service(folder = folder, debug_step = "all")
  capture_one(service)
  copy <- file.path(service$settings$debug_dir, "small_data.rds")
  first <- file.info(copy)$ctime
  capture_one(service)
  expect_equal(file.info(copy)$ctime, first)
  put_dataset(folder, small_object()[, 1:40])
  wait_until(service, identical(service$current$number, 2L))
  capture_one(service)
  expect_equal(ncol(readRDS(copy)), 40L)
})

test_that("data that the disk has no room for is not taken for saved", {
  full <- small_memory()
  fill(full)
  service <- local_service(debug_step = "all", debug_dir = full)
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$status, 200L)
  expect_equal(list.files(full), "filler")
})

test_that("a folder that cannot be written does not stop the analysis", {
  service <- local_service(debug_step = "all", debug_dir = "/proc/nowhere")
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$status, 200L)
})

test_that("a step that is no task's name is refused", {
  expect_error(local_service(dataset = FALSE, debug_step = "nope"), "'DEBUG_STEP' must be one of 'all', ")
})
