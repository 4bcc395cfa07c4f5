saved_request <- function(name, params, folder = withr::local_tempdir(.local_envir = parent.frame())) {
  load_tasks(fault_tasks())
  saveRDS(small_object(), file.path(folder, "small_data.rds"), compress = FALSE)
  path <- file.path(folder, "small_req.rds")
  saveRDS(list(name = name, experiment = "small", params = params, data = "small_data.rds"), path)
  path
}

test_that("a saved request runs again and shows its result and time", {
  path <- saved_request("sleep", list(seconds = 0.01))
  shown <- capture.output(result <- replay(path))
  expect_equal(result, list(generation = 0L, seconds = 0.01))
  expect_match(shown[[1]], "^sleep of small: [0-9.]+ s$")
  expect_match(shown[[2]], "List of 2")
})

test_that("an error comes with its traceback", {
  path <- saved_request("fail", list(message = "bad luck"))
  trace <- capture_log(expect_error(replay(path), "bad luck"))
  expect_match(paste(trace, collapse = "\n"), "Traceback.*stop\\(check_string")
})

test_that("what is not a saved request is said so", {
  expect_error(replay("/not/there_req.rds"), "There is no saved request at /not/there_req.rds.", fixed = TRUE)
  path <- withr::local_tempfile()
  saveRDS(1:3, path)
  expect_error(replay(path), "is not a saved request")
})
