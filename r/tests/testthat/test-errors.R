test_that("an analysis stops with a code, a status and a sentence", {
  error <- expect_error(abort_task("R_WORKER_GENE_NOT_FOUND", "No gene 'X'."), class = "tandem_task_error")
  expect_equal(error_fields(error), list(code = "R_WORKER_GENE_NOT_FOUND", message = "No gene 'X'.", status = 422L))
})

test_that("a wrong parameter is INVALID_INPUT", {
  error <- expect_error(abort_input("'n' must be a number."), class = "tandem_task_error")
  expect_equal(error$code, "INVALID_INPUT")
  expect_equal(error$status, 400L)
})

test_that("each error of the service is a sentence with its gaps filled", {
  gaps <- list(
    R_WORKER_UNKNOWN_TASK = "x", R_WORKER_NOT_FOUND = "GET /x", R_WORKER_UNKNOWN_REQUEST = "x",
    R_WORKER_DUPLICATE_REQUEST = "x", R_WORKER_BODY_TOO_LARGE = 1L, R_WORKER_UNHANDLED_ERROR = "x",
    R_WORKER_CHILD_DIED = "killed by SIGKILL", R_WORKER_NOT_READY = "it is being loaded", R_WORKER_TIMEOUT = "5"
  )
  for (code in names(service_errors)) {
    error <- do.call(service_error, as.list(c(code, gaps[[code]])))
    expect_match(conditionMessage(error), "^[A-Z].*\\.$", label = code)
    expect_no_match(conditionMessage(error), "%s", label = code)
  }
})
