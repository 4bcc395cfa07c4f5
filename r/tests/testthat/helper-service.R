# The service in this process, without a socket; and as a real process on a free port.

fault_tasks <- function() normalizePath(test_path("..", "fault-tasks.R"))

small_settings <- function(folder, ...) {
  scratch <- file.path(folder, "scratch")
  temporary <- file.path(folder, "temporary")
  for (place in c(scratch, temporary)) dir.create(place)
  settings <- list(
    host = "127.0.0.1", port = 0L, data = folder, scratch = scratch, temporary = temporary, children = 2L,
    max_body_mb = 1L, watch_interval = 0.1, experiment = "small", labels = file.path(folder, "labels"), tasks = NULL,
    debug_step = NULL, debug_dir = file.path(folder, "debug")
  )
  utils::modifyList(settings, list(...), keep.null = TRUE)
}

put_dataset <- function(folder, object = small_object(), experiment = "small") {
  dir.create(file.path(folder, experiment), showWarnings = FALSE)
  path <- file.path(folder, experiment, "r.rds")
  part <- paste0(path, ".part")
  saveRDS(object, part, compress = FALSE)
  Sys.setFileTime(part, Sys.time() - 60)
  file.rename(part, path)
  path
}

local_service <- function(..., folder = withr::local_tempdir(.local_envir = env), dataset = TRUE, env = parent.frame()) {
  force(folder)
  if (dataset) put_dataset(folder)
  load_tasks(fault_tasks())
  settings <- small_settings(folder, ...)
  capture_log(service <- new_service(settings))
  withr::defer(capture_log(close_service(service)), envir = env)
  if (dataset) wait_until(service, !is.null(service$current))
  service
}

capture_log <- function(code) {
  lines <- utils::capture.output(invisible(code), type = "message")
  invisible(lines)
}

#' Let the service work until the condition holds; fails after the seconds given.
wait_until <- function(service, condition, seconds = 20) {
  condition <- substitute(condition)
  frame <- parent.frame()
  end <- monotonic_seconds() + seconds
  capture_log(while (!isTRUE(eval(condition, frame))) {
    if (monotonic_seconds() > end) stop("Waited in vain for ", deparse(condition))
    step(service)
  })
}

step <- function(service) {
  advance_state(service)
  advance_requests(service)
  later::run_now(0.002)
}

fake_request <- function(method, path, body = "", headers = list()) {
  req <- new.env()
  req$REQUEST_METHOD <- method
  req$PATH_INFO <- path
  req$QUERY_STRING <- ""
  req$rook.input <- list(
    read = function(...) charToRaw(body), rewind = function() NULL, read_lines = function(...) body
  )
  for (name in names(headers)) req[[paste0("HTTP_", toupper(gsub("-", "_", name)))]] <- headers[[name]]
  req
}

#' Send without waiting: a list whose `response` is NULL until the answer is there.
send <- function(service, method, path, body = "", headers = list()) {
  sent <- new.env()
  promise <- promises::promise_resolve(new_router(service)$call(fake_request(method, path, body, headers)))
  promises::then(promise, function(value) sent$response <- read_response(value))
  sent
}

ask <- function(service, ...) {
  sent <- capture_value(send(service, ...))
  wait_until(service, !is.null(sent$response))
  sent$response
}

capture_value <- function(code) {
  value <- NULL
  capture_log(value <- code)
  value
}

read_response <- function(response) {
  content <- if (is.list(response$body)) {
    withr::defer(unlink(response$body$file))
    readBin(response$body$file, "raw", file.size(response$body$file))
  } else {
    charToRaw(response$body)
  }
  list(status = response$status, headers = response$headers, content = content, json = json_or_null(content))
}

free_port <- function() httpuv::randomPort(host = "127.0.0.1")

#' A real process; it is stopped when the test ends.
start_service <- function(folder, ..., env = parent.frame()) {
  port <- free_port()
  variables <- c(
    "current", TANDEM_DATA = folder, TANDEM_SCRATCH = folder, TMPDIR = folder, TANDEM_R_PORT = port,
    EXPERIMENT_ID = "small", TANDEM_TASKS = fault_tasks(), TANDEM_CHILDREN = "2",
    R_LIBS = paste(.libPaths(), collapse = ":"), ...
  )
  process <- processx::process$new(
    file.path(R.home("bin"), "Rscript"), system.file("serve.R", package = "tandem"),
    env = variables, stdout = file.path(folder, "log"), stderr = "2>&1"
  )
  withr::defer(process$kill(), envir = env)
  list(process = process, url = sprintf("http://127.0.0.1:%d", port), log = file.path(folder, "log"))
}

http <- function(server, method, path, body = NULL, headers = character(), timeout_ms = 20000) {
  handle <- curl::new_handle(customrequest = method, timeout_ms = timeout_ms)
  if (!is.null(body)) curl::handle_setopt(handle, copypostfields = body)
  curl::handle_setheaders(handle, .list = as.list(headers))
  response <- curl::curl_fetch_memory(paste0(server$url, path), handle)
  c(response[c("status_code", "content")], list(json = json_or_null(response$content)))
}

json_or_null <- function(content) tryCatch(jsonlite::fromJSON(rawToChar(content)), error = function(e) NULL)

#' Poll until the condition holds; fails after the seconds given.
eventually <- function(condition, seconds = 20) {
  condition <- substitute(condition)
  frame <- parent.frame()
  end <- monotonic_seconds() + seconds
  while (!isTRUE(tryCatch(eval(condition, frame), error = function(e) FALSE))) {
    if (monotonic_seconds() > end) stop("Waited in vain for ", deparse(condition))
    Sys.sleep(0.02)
  }
}

is_ready <- function(server) http(server, "GET", "/ready")$status_code == 200L

is_alive <- function(pid) {
  status <- file.path("/proc", pid, "status")
  file.exists(status) && !any(grepl("^State:\\s+Z", tryCatch(readLines(status), error = function(e) "State: Z")))
}

#' The processes that a process has started: their ids, named by what they are.
processes_of <- function(pid) {
  stats <- vapply(Sys.glob("/proc/[0-9]*/stat"), function(path) {
    tryCatch(suppressWarnings(readLines(path)), error = function(e) "0 (gone) X 0")
  }, "")
  fields <- regmatches(stats, regexec("^([0-9]+) \\((.*)\\) (.) ([0-9]+)", stats))
  own <- Filter(function(field) field[[5]] == pid, fields)
  stats::setNames(vapply(own, function(field) as.integer(field[[2]]), 1L), vapply(own, `[[`, "", 3L))
}

#' A file system in memory that holds one megabyte.
small_memory <- function(env = parent.frame()) {
  folder <- withr::local_tempdir(.local_envir = env)
  options <- c("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
  mounted <- suppressWarnings(system2("mount", options, stdout = FALSE, stderr = FALSE)) == 0L
  skip_if_not(mounted, "only root can mount a small file system")
  withr::defer(system2("umount", c("-l", folder)), envir = env) # this process keeps its lock there
  folder
}

fill <- function(folder) {
  path <- file.path(folder, "filler")
  suppressWarnings(writeBin(raw(2e6), path))
  path
}
