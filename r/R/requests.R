# The table of open requests. At most so many run as there are children allowed; the others wait in the order they came.
# What has ended is kept apart, so that however much was done lately, a look at the table stays cheap.

#: How long a finished request is still known, in seconds.
REMEMBERED <- 60

#: What a caller may name a request: it becomes the name of a folder.
ID_PATTERN <- "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

#' Accept a request; the promise resolves to its answer's path, type and generation, or is rejected with a task error
submit_request <- function(service, id, name, body, deadline = Inf) {
  if (!grepl(ID_PATTERN, id, perl = TRUE)) abort_input("X-Request-Id must be 1 to 128 letters, digits, '.', '_' or '-'.")
  task_handler(name)
  if (is.null(service$current)) stop(service_error("R_WORKER_NOT_READY", not_ready_reason(service)))
  if (!is.null(service$requests[[id]])) stop(service_error("R_WORKER_DUPLICATE_REQUEST", id))

  request <- new.env(parent = emptyenv())
  request$id <- id
  request$name <- name
  request$state <- "waiting"
  request$arrived <- monotonic_seconds()
  request$deadline <- deadline
  request$folder <- file.path(service$scratch, "requests", id)
  dir.create(request$folder)
  tryCatch(write_bytes(body, file.path(request$folder, "body")), error = function(e) {
    unlink(request$folder, recursive = TRUE)
    stop(e)
  })
  promise <- promises::promise(function(resolve, reject) {
    request$resolve <- resolve
    request$reject <- reject
  })
  service$requests[[id]] <- request
  start_waiting(service)
  promise
}

in_state <- function(service, state) Filter(function(request) request$state == state, service$requests)

#' One look at all open requests: answer what has ended, stop what is late, start what waits
advance_requests <- function(service) {
  now <- monotonic_seconds()
  for (request in in_state(service, "running")) check_running(service, request, now)
  for (request in in_state(service, "waiting")) {
    if (is_late(request, now)) end_request(service, request, timeout_error(request))
  }
  start_waiting(service)
}

start_waiting <- function(service) {
  free <- service$settings$children - length(in_state(service, "running"))
  for (request in utils::head(in_state(service, "waiting"), max(free, 0L))) start_request(service, request)
}

start_request <- function(service, request) {
  current <- service$current
  if (is.null(current)) {
    return(end_request(service, request, service_error("R_WORKER_NOT_READY", not_ready_reason(service))))
  }
  verb <- if (is_captured(service, request$name)) "capture" else "run"
  request$state <- "running"
  request$started <- monotonic_seconds()
  request$generation <- current
  send_command(current$channel, paste(verb, request$id, request$name)) # a dead process is noticed by the state
}

check_running <- function(service, request, now) {
  outcome <- read_outcome(request$folder)
  if (!is.null(outcome)) return(finish_request(service, request, outcome))
  if (is_late(request, now)) stop_request(request, timeout_error(request))
}

finish_request <- function(service, request, outcome) {
  if (!is.null(request$stopped)) return(end_request(service, request, request$stopped))
  if (!is.null(outcome$code)) {
    return(end_request(service, request, task_error(outcome$code, outcome$message, outcome$status)))
  }
  answer <- tempfile("answer-", file.path(service$scratch, "answers"))
  file.rename(file.path(request$folder, "answer"), answer)
  end_request(service, request, answer = list(
    path = answer, content_type = outcome$content_type, generation = request$generation$number
  ))
}

#' Kill the child; the caller is answered when it is gone.
stop_request <- function(request, error) {
  if (!is.null(request$stopped)) return()
  request$stopped <- error
  send_command(request$generation$channel, paste("kill", request$id))
}

#' Every request ends here, once.
end_request <- function(service, request, error = NULL, answer = NULL) {
  request$last_progress <- read_progress(request)
  request$state <- "done"
  request$ended <- monotonic_seconds()
  service$requests[[request$id]] <- NULL
  remember(service, request)
  remove_at_once(request$folder)
  seconds <- request$ended - request$arrived
  if (is.null(error)) {
    log_info("%s answered in %.3f s", request$name, seconds, request = request$id)
    return(request$resolve(answer))
  }
  log_warning("%s ended as %s after %.3f s", request$name, error$code, seconds, request = request$id)
  request$reject(error)
}

#' Known for a while yet; what ended longest ago is forgotten first.
remember <- function(service, request) {
  facts <- mget(c("id", "name", "state", "arrived", "ended", "last_progress"), envir = request)
  service$finished <- c(service$finished, stats::setNames(list(facts), request$id))
  while (request$ended - service$finished[[1]]$ended > REMEMBERED) service$finished <- service$finished[-1]
}

cancel_request <- function(service, id) {
  request <- service$requests[[id]]
  if (is.null(request)) stop(service_error("R_WORKER_UNKNOWN_REQUEST", id))
  log_info("Cancelling %s", request$name, request = id)
  error <- service_error("R_WORKER_CANCELLED")
  if (request$state == "waiting") end_request(service, request, error) else stop_request(request, error)
}

#' Whatever ran on that generation has no answer any more.
fail_requests <- function(service, generation, error) {
  lost <- Filter(function(request) request$generation$number == generation, in_state(service, "running"))
  for (request in lost) end_request(service, request, request$stopped %||% error)
}

running_generations <- function(service) {
  vapply(in_state(service, "running"), function(request) request$generation$number, integer(1))
}

request_status <- function(service, id) {
  request <- service$requests[[id]] %||% latest_finished(service, id)
  if (is.null(request)) stop(service_error("R_WORKER_UNKNOWN_REQUEST", id))
  latest <- request$last_progress %||% read_progress(request)
  end <- request$ended %||% monotonic_seconds()
  list(
    id = id, name = request$name, state = request$state, seconds = round(end - request$arrived, 3),
    message = latest$message, step = latest$step, total = latest$total
  )
}

latest_finished <- function(service, id) {
  ends <- service$finished[names(service$finished) == id]
  if (length(ends)) ends[[length(ends)]]
}

#' The last line of progress that is complete, or an empty list.
read_progress <- function(request) {
  path <- file.path(request$folder, "progress")
  lines <- if (file.exists(path)) readLines(path, warn = FALSE)
  if (length(lines)) tryCatch(jsonlite::fromJSON(lines[[length(lines)]]), error = function(e) list()) else list()
}

is_late <- function(request, now) now - request$arrived > request$deadline

timeout_error <- function(request) service_error("R_WORKER_TIMEOUT", format(request$deadline))

not_ready_reason <- function(service) {
  if (!is.null(service$candidate)) return("it is being loaded")
  if (!is.null(service$error)) return(paste("loading failed:", service$error))
  if (is.null(service$experiment)) return("waiting to be told the experiment")
  sprintf("waiting for %s", dataset_path(service))
}
