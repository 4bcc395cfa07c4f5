# The real process, over real sockets.

folder_with_dataset <- function(env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  put_dataset(folder)
  folder
}

#' Callers of an analysis that waits until the file is there.
start_waiting_for <- function(file, server, callers) {
  # Otherwise newer versions of curl hold the others back until one is answered.
  pool <- curl::new_pool(multiplex = FALSE)
  for (i in seq_len(callers)) {
    body <- small_json(list(path = file))
    handle <- curl::new_handle(customrequest = "POST", copypostfields = body, url = paste0(server$url, "/v0/wait"))
    curl::multi_add(handle, pool = pool)
  }
  pool
}

# Started once for all tests that leave it as they found it.
shared_folder <- folder_with_dataset(teardown_env())
shared <- start_service(shared_folder, TANDEM_MAX_BODY_MB = "1", env = teardown_env())

left_in_scratch <- function() Sys.glob(file.path(shared_folder, "tandem-*", c("answers", "requests"), "*"))

test_that("it serves callers, survives every death and leaves nothing behind", {
  eventually(is_ready(shared))
  expect_equal(http(shared, "POST", "/v0/sleep", '{"seconds":0}')$json$generation, 1L)
  expect_equal(http(shared, "POST", "/v0/crash", '{"signal":9}')$status_code, 502L)
  expect_equal(http(shared, "POST", "/v0/crash", '{"signal":11}')$status_code, 502L)
  expect_equal(http(shared, "POST", "/v0/fail", '{"message":"no"}')$status_code, 500L)
  expect_equal(http(shared, "POST", "/v0/sleep", '{"seconds":9}', c(`X-Deadline-Seconds` = "0.3"))$status_code, 504L)
  expect_equal(length(http(shared, "POST", "/v0/flood", '{"megabytes":20}')$content), 2e7)

  data_process <- processes_of(shared$process$get_pid())
  expect_equal(names(data_process), "tandem-dataset")
  eventually(length(processes_of(data_process)) == 0L)
  expect_equal(left_in_scratch(), character())
})

test_that("a caller who hangs up leaves no answer behind", {
  eventually(is_ready(shared))
  expect_error(http(shared, "POST", "/v0/sleep", '{"seconds":0.5}', timeout_ms = 200))
  handle <- curl::new_handle(customrequest = "POST", copypostfields = '{"megabytes":50}')
  con <- curl::curl(paste0(shared$url, "/v0/flood"), "rb", handle)
  readBin(con, "raw", 1000)
  close(con)
  eventually(http(shared, "GET", "/ready")$json$busy == 0L)
  eventually(length(left_in_scratch()) == 0L)
  expect_equal(http(shared, "POST", "/v0/sleep", '{"seconds":0}')$status_code, 200L)
})

test_that("health answers while all children work", {
  eventually(is_ready(shared))
  release <- withr::local_tempfile()
  callers <- start_waiting_for(release, shared, 3L)
  eventually({
    curl::multi_run(timeout = 0.05, pool = callers)
    identical(http(shared, "GET", "/ready")$json[c("busy", "waiting")], list(busy = 2L, waiting = 1L))
  })
  for (i in seq_len(20)) expect_equal(http(shared, "GET", "/health")$status_code, 200L)
  file.create(release)
  expect_equal(curl::multi_run(pool = callers)$success, 3L)
})

# A file without an end: it loads for as long as the test looks.
test_that("health answers while the data loads", {
  folder <- withr::local_tempdir()
  dir.create(file.path(folder, "small"))
  endless <- file.path(folder, "small", "r.rds")
  system2("mkfifo", endless)
  Sys.setFileTime(endless, Sys.time() - 60)
  server <- start_service(folder)
  eventually(http(server, "GET", "/health")$status_code == 200L)
  eventually(http(server, "GET", "/ready")$json$state == "loading")
  expect_equal(http(server, "GET", "/health")$status_code, 200L)
  expect_equal(http(server, "POST", "/v0/sleep", "{}")$json$error_code, "R_WORKER_NOT_READY")
})

#' The service ends with all its processes and its folder, though a caller waits.
expect_clean_end <- function(server, folder, signal) {
  caller <- start_waiting_for(file.path(folder, "never"), server, 1L)
  data_process <- processes_of(server$process$get_pid())
  eventually({
    curl::multi_run(timeout = 0.05, pool = caller)
    identical(names(processes_of(data_process)), "tandem-child")
  })
  child <- processes_of(data_process)
  server$process$signal(signal)
  eventually(!server$process$is_alive())
  expect_equal(server$process$get_exit_status(), 0L)
  eventually(!is_alive(data_process) && !is_alive(child))
  expect_equal(Sys.glob(file.path(folder, c("tandem-*", "Rtmp*"))), character())
}

test_that("killed at once, it leaves neither processes nor a busy port; the next one sweeps and ends on SIGINT", {
  folder <- folder_with_dataset()
  server <- start_service(folder)
  eventually(is_ready(server))
  data_process <- processes_of(server$process$get_pid())
  server$process$signal(9L)
  eventually(!is_alive(data_process))
  expect_equal(Sys.glob(file.path(folder, "Rtmp*")), character()) # none that nobody would sweep
  left <- Sys.glob(file.path(folder, "tandem-*"))
  expect_length(left, 2L) # in scratch, and of temporary files
  port <- as.integer(sub(".*:", "", server$url))
  eventually(httpuv::startServer("127.0.0.1", port, list(), quiet = TRUE)$isRunning())
  httpuv::stopAllServers()
  other <- start_service(folder)
  eventually(is_ready(other))
  expect_false(any(dir.exists(left)))
  expect_clean_end(other, folder, tools::SIGINT)
})

# The answer to a caller that sends on regardless may be lost with the connection.
test_that("a caller with a body over the limit is told so or cut off, never served", {
  eventually(http(shared, "GET", "/health")$status_code == 200L)
  statuses <- vapply(1:5, function(i) {
    send <- function() http(shared, "POST", "/v0/getNUmis", strrep("x", 5e6), c(Expect = "100-continue"))$status_code
    tryCatch(send(), error = function(e) 0L)
  }, 0L)
  expect_setequal(unique(c(0L, 413L, statuses)), c(0L, 413L))
})

test_that("a flood of callers is answered or sent away, and hurts nobody", {
  eventually(is_ready(shared))
  generation <- http(shared, "GET", "/ready")$json$generation
  pool <- curl::new_pool(total_con = 200, host_con = 200, multiplex = FALSE)
  statuses <- integer()
  for (i in seq_len(200)) {
    handle <- curl::new_handle(customrequest = "POST", copypostfields = "{}", url = paste0(shared$url, "/v0/getNUmis"))
    curl::multi_add(handle, pool = pool, done = function(answer) statuses <<- c(statuses, answer$status_code))
  }
  curl::multi_run(timeout = 60, pool = pool)
  expect_length(statuses, 200)
  expect_setequal(unique(c(200L, 503L, statuses)), c(200L, 503L))
  expect_gte(sum(statuses == 200L), 64L)
  expect_equal(http(shared, "GET", "/ready")$json$generation, generation)
})

test_that("requests at hand are counted until they are answered", {
  eventually(is_ready(shared))
  for (i in seq_len(2L * MOST_AT_HAND)) last <- http(shared, "POST", "/v0/getNUmis", "{}")
  expect_equal(last$status_code, 200L)
})

test_that("SIGTERM ends it, its children and its folders with it", {
  eventually(is_ready(shared))
  expect_clean_end(shared, shared_folder, tools::SIGTERM)
})

test_that("names beyond ASCII are found and written in every locale", {
  object <- small_object()
  object@misc$gene_annotations$name[5] <- object@misc$gene_dispersion$SYMBOL[5] <- "\u03b2-Actin"
  folder <- withr::local_tempdir()
  put_dataset(folder, object)
  server <- start_service(folder, LC_ALL = "C", LANG = "C")
  eventually(is_ready(server))
  ask <- function(task, body) {
    content <- http(server, "POST", paste0("/v0/", task), enc2utf8(body))$content
    jsonlite::fromJSON(`Encoding<-`(rawToChar(content), "UTF-8"))
  }
  found <- ask("listGenes", paste0(
    '{"orderBy": "gene_names", "orderDirection": "ASC", "offset": 0, "limit": 5, "geneNamesFilter": "^\u03b2-ac"}'
  ))
  expect_identical(found$gene_names, "\u03b2-Actin")
  expect_identical(ask("runExpression", '{"genes": ["\u03b2-ACTIN"]}')$orderedGeneNames, "\u03b2-Actin")
  expect_match(ask("runExpression", '{"genes": ["\u03b3-Actin"]}')$user_message, "\u03b3-Actin", fixed = TRUE)
})
