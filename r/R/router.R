#' The routes: each maps a path to a plain function, nothing more
new_router <- function(service) {
  router <- plumber::pr_set_docs(plumber::pr(), FALSE)
  router <- plumber::pr_set_error(router, error_body)
  router <- plumber::pr_set_404(router, function(req, res) {
    error_body(req, res, service_error("R_WORKER_NOT_FOUND", paste(req$REQUEST_METHOD, req$PATH_INFO)))
  })
  plumber::register_parser("untouched", function() function(value, ...) value, regex = ".*", verbose = FALSE)
  route <- function(method, path, handler) plumber::pr_handle(router, method, path, handler, parsers = "untouched")
  route("GET", "/health", function(req, res) json_response(req, res, list(status = "alive")))
  route("GET", "/ready", function(req, res) ready_response(service, req, res))
  route("POST", "/v0/<name>", function(req, res) run_response(service, req, res))
  route("GET", "/v0/requests/<id>", function(req, res) {
    json_response(req, res, request_status(service, req$argsPath$id))
  })
  route("DELETE", "/v0/requests/<id>", function(req, res) {
    cancel_request(service, req$argsPath$id)
    json_response(req, res, list(id = req$argsPath$id), status = 202L)
  })
  route("GET", "/debug", function(req, res) json_response(req, res, list(step = service$debug_step)))
  route("PUT", "/debug", function(req, res) {
    set_debug_step(service, parse_body(req$bodyRaw)$step)
    json_response(req, res, list(step = service$debug_step))
  })
  router
}

#: How many requests with a body may be at hand at once. httpuv keeps each body in a connection until it is whole, and
#: R has 128 connections in all.
MOST_AT_HAND <- 64L
#: A body that was announced and has not come after this long is not counted any more, in seconds.
ARRIVAL_SECONDS <- 10

#' What httpuv serves: the router, closed to pages, behind the limits of a body's size and of requests at hand
new_app <- function(service) {
  router <- new_router(service)
  list(
    call = function(req) {
      take_body(service, req)
      router$call(req)
    },
    onHeaders = function(req) {
      if (is_of_a_page(service, req)) return(refusal_response(service_error("R_WORKER_PAGE_REFUSED")))
      refusal(service, announced_bytes(req))
    }
  )
}

#: The names of this machine. Any other may be a stranger's that was pointed here (DNS rebinding).
LOOPBACK <- c("127.0.0.1", "localhost", "[::1]")

#' Whether a page in a browser asks, which tells its origin or comes under another name; nobody of ours does
is_of_a_page <- function(service, req) {
  name <- sub(":[0-9]+$", "", tolower(req$HTTP_HOST %||% LOOPBACK[[1]]))
  !is.null(req$HTTP_ORIGIN) || (service$settings$host %in% LOOPBACK && !name %in% LOOPBACK)
}

#' The answer to a request that is not let in, or NULL
refusal <- function(service, bytes) {
  if (bytes == 0) return()
  limit_mb <- service$settings$max_body_mb
  if (bytes > limit_mb * 1e6) return(refusal_response(service_error("R_WORKER_BODY_TOO_LARGE", limit_mb)))
  now <- monotonic_seconds()
  service$arriving <- service$arriving[now - service$arriving < ARRIVAL_SECONDS]
  at_hand <- length(service$arriving) + length(service$requests)
  if (at_hand >= MOST_AT_HAND) return(refusal_response(service_error("R_WORKER_BUSY")))
  service$arriving <- c(service$arriving, now)
  NULL
}

refusal_response <- function(error) {
  headers <- list("Content-Type" = "application/json", Connection = "close")
  list(status = error$status, headers = headers, body = error_json(error))
}

#' Take the whole body out of its connection, which httpuv would keep until the answer is sent
take_body <- function(service, req) {
  if (is.null(req$.bodyData)) return()
  service$arriving <- service$arriving[-1L]
  body <- req$rook.input$read()
  close(req$.bodyData)
  req$.bodyData <- NULL
  req$rook.input <- list(read = function(...) body, rewind = function() NULL)
}

announced_bytes <- function(req) if (is.null(req$HTTP_CONTENT_LENGTH)) 0 else as.numeric(req$HTTP_CONTENT_LENGTH)

run_response <- function(service, req, res) {
  id <- request_id(req)
  body <- req$bodyRaw
  limit_mb <- service$settings$max_body_mb
  if (length(body) > limit_mb * 1e6) stop(service_error("R_WORKER_BODY_TOO_LARGE", limit_mb))
  if (wants_file_as_it_is(req) && is_stale(service)) stop(service_error("R_WORKER_NOT_READY", "the file has changed"))
  answered <- submit_request(service, id, req$argsPath$name, body, deadline_seconds(req))
  advance_soon(service)
  promises::then(answered, function(answer) {
    set_headers(req, res, answer$content_type)
    res$headers[["X-Generation"]] <- answer$generation
    res$body <- list(file = answer$path, owned = TRUE)
    res
  })
}

ready_response <- function(service, req, res) {
  current <- service$current
  status <- list(
    ready = !is.null(current), state = state_name(service), experiment = service$experiment,
    generation = current$number %||% 0L, cells = current$cells %||% 0L, genes = current$genes %||% 0L,
    busy = length(in_state(service, "running")), waiting = length(in_state(service, "waiting")),
    stale = is_stale(service), error = service$error
  )
  json_response(req, res, status, if (status$ready) 200L else 503L)
}

#' The caller's id of the request, or one made up; the same however often it is asked for.
request_id <- function(req) {
  if (is.null(req$HTTP_X_REQUEST_ID)) req$HTTP_X_REQUEST_ID <- basename(tempfile("r-"))
  req$HTTP_X_REQUEST_ID
}

# Who asks so is spared the question whether the data are those of the file: a request that costs as much as a task.
wants_file_as_it_is <- function(req) identical(req$HTTP_X_DATA, "as-on-disk")

deadline_seconds <- function(req) {
  text <- req$HTTP_X_DEADLINE_SECONDS
  if (is.null(text)) return(Inf)
  seconds <- suppressWarnings(as.numeric(text))
  if (is.na(seconds) || seconds < 0) abort_input("X-Deadline-Seconds must be a number of seconds.")
  if (seconds == 0) Inf else seconds
}

json_response <- function(req, res, value, status = 200L) {
  set_headers(req, res, "application/json")
  res$status <- status
  res$body <- small_json(value)
  res
}

#' The one place where a condition becomes an answer.
error_body <- function(req, res, error) {
  if (!inherits(error, "tandem_task_error")) {
    log_error("%s %s failed: %s", req$REQUEST_METHOD, req$PATH_INFO, conditionMessage(error), request = request_id(req))
    error <- service_error("R_WORKER_UNHANDLED_ERROR", request_id(req))
  }
  set_headers(req, res, "application/json")
  res$status <- error$status
  res$serializer <- function(value, req, res, errorHandler) {
    res$body <- value
    res$toResponse()
  }
  error_json(error)
}

error_json <- function(error) small_json(list(error_code = error$code, user_message = conditionMessage(error)))

# A connection kept alive to httpuv stalls for 40 ms at its second use, so the client is asked to close it.
set_headers <- function(req, res, content_type) {
  res$headers[["Content-Type"]] <- content_type
  res$headers[["X-Request-Id"]] <- request_id(req)
  res$headers[["Connection"]] <- "close"
}
