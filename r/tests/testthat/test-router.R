service <- local_service(dataset = FALSE, env = teardown_env())

test_that("health needs no dataset, readiness does", {
  expect_equal(ask(service, "GET", "/health")$json, list(status = "alive"))
  ready <- ask(service, "GET", "/ready")
  expect_equal(ready$status, 503L)
  expect_equal(ready$json[c("ready", "state", "experiment", "generation")], list(
    ready = FALSE, state = "waiting", experiment = "small", generation = 0L
  ))
})

test_that("an analysis before the dataset is answered at once", {
  answer <- ask(service, "POST", "/v0/sleep", "{}")
  expect_equal(answer$status, 503L)
  expect_equal(answer$json$error_code, "R_WORKER_NOT_READY")
})

test_that("every error has the same form, of known and unknown routes alike", {
  for (answer in list(ask(service, "GET", "/nope"), ask(service, "POST", "/v0/nope", "{}"))) {
    expect_equal(answer$status, 404L)
    expect_named(answer$json, c("error_code", "user_message"))
    expect_equal(answer$headers[["Content-Type"]], "application/json")
  }
})

test_that("the client is asked to close the connection", {
  expect_equal(ask(service, "GET", "/health")$headers[["Connection"]], "close")
})

test_that("a body over the limit is refused before it is read", {
  app <- new_app(service)
  announcing <- function(bytes) fake_request("POST", "/v0/sleep", headers = list(`Content-Length` = bytes))
  expect_equal(app$onHeaders(announcing("2000000"))$status, 413L)
  expect_null(app$onHeaders(announcing("500")))
  expect_equal(ask(service, "POST", "/v0/sleep", strrep("x", 1.1e6))$json$error_code, "R_WORKER_BODY_TOO_LARGE")
})

test_that("pages in a browser are refused, whatever name they come under", {
  app <- new_app(service)
  met <- function(...) app$onHeaders(fake_request("GET", "/ready", headers = list(...)))$status
  for (host in c("127.0.0.1:4000", "localhost", "[::1]:4000", "LOCALHOST:4000")) expect_null(met(Host = host))
  for (host in c("evil.example:4000", "127.0.0.1.evil.example", "localhost.", "")) expect_equal(met(Host = host), 403L)
  for (origin in c("null", "https://evil.example", "http://127.0.0.1:8080")) {
    expect_equal(met(Host = "127.0.0.1:4000", Origin = origin), 403L)
  }
  service$settings$host <- "0.0.0.0"
  withr::defer(service$settings$host <- "127.0.0.1")
  expect_null(met(Host = "r.lab.example:4000"))
  expect_equal(met(Host = "r.lab.example:4000", Origin = "https://evil.example"), 403L)
})

test_that("who wants the file as it is on disk is not answered with an older one", {
  folder <- withr::local_tempdir()
  service <- local_service(folder = folder)
  anew <- list(`X-Data` = "as-on-disk")
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}', anew)$json$generation, 1L)
  put_dataset(folder, small_object()[, 1:40])
  refused <- ask(service, "POST", "/v0/sleep", '{"seconds":0}', anew)
  expect_equal(list(refused$status, refused$json$error_code), list(503L, "R_WORKER_NOT_READY"))
  wait_until(service, identical(service$current$number, 2L))
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}', anew)$json$generation, 2L)
})

test_that("a deadline must be a number of seconds", {
  with_deadline <- function(text) fake_request("POST", "/", headers = list(`X-Deadline-Seconds` = text))
  expect_equal(deadline_seconds(fake_request("POST", "/")), Inf)
  expect_equal(deadline_seconds(with_deadline("0")), Inf)
  expect_equal(deadline_seconds(with_deadline("1.5")), 1.5)
  expect_error(deadline_seconds(with_deadline("soon")), "number of seconds")
})

test_that("what is captured can be switched while it runs", {
  expect_equal(ask(service, "PUT", "/debug", '{"step":"all"}')$json, list(step = "all"))
  expect_equal(ask(service, "GET", "/debug")$json, list(step = "all"))
  expect_equal(ask(service, "PUT", "/debug", '{"step":"nope"}')$status, 400L)
  expect_equal(ask(service, "PUT", "/debug", '{"step":null}')$json, list(step = NULL))
})
