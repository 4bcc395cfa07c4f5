test_that("a line says when, how grave, about which request and what", {
  withr::local_envvar(LOG_FORMAT = "text")
  line <- capture_log(log_info("Loaded %d cells", 5L, request = "r1"))
  expect_match(line, "^[0-9-]+T[0-9:.]+Z INFO \\[r1\\] Loaded 5 cells$")
})

test_that("JSON lines carry the same as fields", {
  withr::local_envvar(LOG_FORMAT = "json")
  log_about("e1", "r1")
  withr::defer(log_about())
  fields <- jsonlite::fromJSON(capture_log(log_error("50% \"done\"")))
  expect_named(fields, c("time", "level", "message", "request_id", "experiment"))
  expect_equal(fields[c("level", "message", "request_id", "experiment")], list(
    level = "ERROR", message = "50% \"done\"", request_id = "r1", experiment = "e1"
  ))
})
