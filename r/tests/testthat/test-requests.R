register_task("leave", function(dataset, params) quit(status = 0L))
service <- local_service(env = teardown_env())

run <- function(name, body, ...) ask(service, "POST", paste0("/v0/", name), body, ...)

test_that("an answer comes with its generation and the caller's id", {
  answer <- run("sleep", '{"seconds":0}', headers = list(`X-Request-Id` = "mine"))
  expect_equal(answer$status, 200L)
  expect_equal(answer$json, list(generation = 1L, seconds = 0))
  expect_equal(answer$headers[["X-Generation"]], 1L)
  expect_equal(answer$headers[["X-Request-Id"]], "mine")
})

test_that("nothing of a finished request is left in the scratch folder", {
  run("sleep", '{"seconds":0}')
  run("flood", '{"megabytes":1}')
  run("fail", '{"message":"no"}')
  expect_length(list.files(file.path(service$scratch, c("requests", "answers"))), 0L)
})

test_that("each way to die has its own answer, and the service lives on", {
  code <- function(...) run(...)$json$error_code
  expect_equal(code("crash", '{"signal":9}'), "R_WORKER_CHILD_DIED")
  expect_equal(code("crash", '{"signal":11}'), "R_WORKER_CHILD_DIED")
  expect_equal(code("fail", '{"message":"no"}'), "R_WORKER_UNHANDLED_ERROR")
  expect_equal(code("allocate", '{"megabytes":9e9}'), "R_WORKER_OUT_OF_MEMORY")
  expect_equal(code("sleep", '{"seconds":9}', headers = list(`X-Deadline-Seconds` = "0.2")), "R_WORKER_TIMEOUT")
  expect_equal(run("sleep", '{"seconds":0}')$status, 200L)
  expect_equal(service$current$number, 1L)
})

test_that("an analysis that quits or crashes leaves the service its temporary folder", {
  kept <- withr::local_tempfile(lines = "kept")
  expect_match(run("leave", "{}")$json$user_message, "exited with status 0")
  run("crash", '{"signal":11}')
  expect_true(file.exists(kept))
})

test_that("the user never sees an unexpected error's text, the log does", {
  log <- capture_log(answer <- run("fail", '{"message":"secret detail"}'))
  expect_equal(answer$status, 500L)
  expect_no_match(answer$json$user_message, "secret detail")
})

test_that("no more run at once than there are children, the others in their order", {
  sent <- capture_value(lapply(1:4, function(i) {
    send(service, "POST", "/v0/sleep", '{"seconds":0.3}', list(`X-Request-Id` = paste0("q", i)))
  }))
  expect_equal(names(in_state(service, "running")), c("q1", "q2"))
  expect_equal(names(in_state(service, "waiting")), c("q3", "q4"))
  wait_until(service, !any(vapply(sent, function(s) is.null(s$response), NA)))
  statuses <- vapply(sent, function(s) s$response$status, 1L)
  expect_equal(statuses, rep(200L, 4))
})

test_that("cancelling answers the caller, whether it runs or waits", {
  sent <- capture_value(lapply(1:3, function(i) {
    send(service, "POST", "/v0/sleep", '{"seconds":9}', list(`X-Request-Id` = paste0("c", i)))
  }))
  wait_until(service, identical(request_status(service, "c1")$message, "Sleeping"))
  for (id in c("c3", "c1", "c2")) expect_equal(ask(service, "DELETE", paste0("/v0/requests/", id))$status, 202L)
  wait_until(service, !any(vapply(sent, function(s) is.null(s$response), TRUE)))
  expect_equal(unique(vapply(sent, function(s) s$response$json$error_code, "")), "R_WORKER_CANCELLED")
  expect_equal(ask(service, "DELETE", "/v0/requests/c1")$status, 404L)
})

test_that("progress is told while the request runs, and the request is remembered when done", {
  sent <- capture_value(send(service, "POST", "/v0/sleep", '{"seconds":0.5}', list(`X-Request-Id` = "p1")))
  wait_until(service, !is.null(request_status(service, "p1")$message))
  status <- ask(service, "GET", "/v0/requests/p1")$json
  expect_equal(status[c("name", "state", "message", "step", "total")], list(
    name = "sleep", state = "running", message = "Sleeping", step = 1L, total = 2L
  ))
  wait_until(service, !is.null(sent$response))
  expect_equal(ask(service, "GET", "/v0/requests/p1")$json$state, "done")
  expect_equal(ask(service, "GET", "/v0/requests/never")$json$error_code, "R_WORKER_UNKNOWN_REQUEST")
})

test_that("a finished request is forgotten after a while", {
  run("sleep", '{"seconds":0}', headers = list(`X-Request-Id` = "f1"))
  service$finished[["f1"]]$ended <- monotonic_seconds() - REMEMBERED - 1
  service$finished <- service$finished["f1"]
  run("sleep", '{"seconds":0}', headers = list(`X-Request-Id` = "f2"))
  expect_named(service$finished, "f2")
  expect_error(request_status(service, "f1"), class = "tandem_task_error")
})

test_that("an id in use is refused and the first caller keeps its answer", {
  headers <- list(`X-Request-Id` = "twice")
  sent <- capture_value(send(service, "POST", "/v0/sleep", '{"seconds":0.3}', headers))
  expect_equal(run("sleep", '{"seconds":0}', headers)$json$error_code, "R_WORKER_DUPLICATE_REQUEST")
  wait_until(service, !is.null(sent$response))
  expect_equal(sent$response$status, 200L)
})

test_that("an id that could leave the folder is refused", {
  for (id in c("../x", "a/b", "", ".hidden", strrep("a", 200))) {
    expect_equal(run("sleep", '{"seconds":0}', list(`X-Request-Id` = id))$json$error_code, "INVALID_INPUT")
  }
})
