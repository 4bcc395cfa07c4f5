# The real process, over real sockets.

folder_with_dataset <- function(env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  put_dataset(folder)
  folder
}

#' Callers who wait for an analysis that sleeps.
start_sleeping <- function(server, callers, seconds) {
  pool <- curl::new_pool()
  for (i in seq_len(callers)) {
    body <- sprintf('{"seconds":%d}', seconds)
    handle <- curl::new_handle(customrequest = "POST", copypostfields = body, url = paste0(server$url, "/v0/sleep"))
    curl::multi_add(handle, pool = pool)
  }
  curl::multi_run(timeout = 0.3, pool = pool)
  pool
}

test_that("it serves concurrent callers, survives every death and leaves nothing behind", {
  folder <- folder_with_dataset()
  server <- start_service(folder)
  eventually(is_ready(server))
  expect_equal(http(server, "POST", "/v0/sleep", '{"seconds":0}')$json$generation, 1L)
  expect_equal(http(server, "POST", "/v0/crash", '{"signal":9}')$status_code, 502L)
  expect_equal(http(server, "POST", "/v0/crash", '{"signal":11}')$status_code, 502L)
  expect_equal(http(server, "POST", "/v0/fail", '{"message":"no"}')$status_code, 500L)
  expect_equal(http(server, "POST", "/v0/sleep", '{"seconds":9}', c(`X-Deadline-Seconds` = "0.3"))$status_code, 504L)
  expect_equal(length(http(server, "POST", "/v0/flood", '{"megabytes":20}')$content), 2e7)

  data_process <- processes_of(server$process$get_pid())
  expect_equal(names(data_process), "tandem-dataset")
  eventually(length(processes_of(data_process)) == 0L, 2)
  answers <- Sys.glob(file.path(folder, "tandem-*", c("answers", "requests"), "*"))
  expect_equal(answers, character())
})

test_that("a caller who hangs up leaves no answer behind", {
  folder <- folder_with_dataset()
  server <- start_service(folder)
  eventually(is_ready(server))
  expect_error(http(server, "POST", "/v0/sleep", '{"seconds":1}', timeout_ms = 300))
  handle <- curl::new_handle(customrequest = "POST", copypostfields = '{"megabytes":200}')
  con <- curl::curl(paste0(server$url, "/v0/flood"), "rb", handle)
  readBin(con, "raw", 1000)
  close(con)
  eventually(http(server, "GET", "/ready")$json$busy == 0L, 5)
  eventually(length(Sys.glob(file.path(folder, "tandem-*", c("answers", "requests"), "*"))) == 0L, 5)
  expect_equal(http(server, "POST", "/v0/sleep", '{"seconds":0}')$status_code, 200L)
})

test_that("health answers while the data loads and while all children work", {
  folder <- folder_with_dataset()
  server <- start_service(folder)
  eventually(http(server, "GET", "/health")$status_code == 200L)
  expect_equal(http(server, "GET", "/ready")$json$state, "loading")
  expect_equal(http(server, "POST", "/v0/sleep", "{}")$json$error_code, "R_WORKER_NOT_READY")
  eventually(is_ready(server))
  slow <- start_sleeping(server, 3L, seconds = 1L)
  expect_equal(http(server, "GET", "/ready")$json[c("busy", "waiting")], list(busy = 2L, waiting = 1L))
  times <- vapply(1:20, function(i) system.time(http(server, "GET", "/health"))[["elapsed"]], 1)
  expect_lt(stats::median(times), 0.05)
  expect_equal(curl::multi_run(pool = slow)$success, 3L)
})

test_that("SIGTERM and SIGINT end it within a second, its children and its folder with it", {
  for (signal in c(15L, 2L)) {
    folder <- folder_with_dataset()
    server <- start_service(folder)
    eventually(is_ready(server))
    start_sleeping(server, 1L, seconds = 60L)
    data_process <- processes_of(server$process$get_pid())
    eventually(identical(names(processes_of(data_process)), "tandem-child"))
    child <- processes_of(data_process)
    server$process$signal(signal)
    server$process$wait(1000)
    expect_equal(server$process$get_exit_status(), 0L)
    eventually(!is_alive(data_process) && !is_alive(child), 1)
    expect_equal(Sys.glob(file.path(folder, "tandem-*")), character())
  }
})

test_that("killed at once, it leaves neither processes nor a busy port, and the next one sweeps", {
  folder <- folder_with_dataset()
  server <- start_service(folder)
  eventually(is_ready(server))
  data_process <- processes_of(server$process$get_pid())
  server$process$signal(9L)
  eventually(!is_alive(data_process), 2)
  left <- Sys.glob(file.path(folder, "tandem-*"))
  expect_length(left, 1L)
  port <- as.integer(sub(".*:", "", server$url))
  eventually(httpuv::startServer("127.0.0.1", port, list(), quiet = TRUE)$isRunning(), 2)
  httpuv::stopAllServers()
  other <- start_service(folder)
  eventually(is_ready(other))
  expect_false(dir.exists(left))
})

# A caller that sends on without waiting may be cut off before it reads the answer.
test_that("a caller that asks before it sends a body over the limit is told so", {
  folder <- folder_with_dataset()
  server <- start_service(folder, TANDEM_MAX_BODY_MB = "1")
  eventually(http(server, "GET", "/health")$status_code == 200L)
  answer <- http(server, "POST", "/v0/sleep", strrep("x", 5e6), c(Expect = "100-continue"))
  expect_equal(answer$status_code, 413L)
  expect_equal(answer$json$error_code, "R_WORKER_BODY_TOO_LARGE")
})
