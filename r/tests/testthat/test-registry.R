test_that("a registered analysis is found by its name", {
  register_task("aTask", function(dataset, params) params$x)
  withr::defer(rm("aTask", envir = task_registry))
  expect_equal(task_handler("aTask")(NULL, list(x = 1)), 1)
  expect_true("aTask" %in% task_names())
})

test_that("an unknown name is a 404 for the caller", {
  error <- expect_error(task_handler("nope"), class = "tandem_task_error")
  expect_equal(error$status, 404L)
  expect_equal(error$code, "R_WORKER_UNKNOWN_TASK")
})

test_that("a handler must be a function", {
  expect_error(register_task("aTask", "text"))
})
