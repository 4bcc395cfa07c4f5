# One line a fact, to stderr. Never a body, never a token.

log_context <- new.env(parent = emptyenv())

#' Name the experiment and the request that the following lines of this process are about
log_about <- function(experiment = NULL, request = NULL) {
  log_context$experiment <- experiment
  log_context$request <- request
}

log_info <- function(format, ..., request = log_context$request) write_log("INFO", format, ..., request = request)
log_warning <- function(format, ..., request = log_context$request) {
  write_log("WARNING", format, ..., request = request)
}
log_error <- function(format, ..., request = log_context$request) write_log("ERROR", format, ..., request = request)

write_log <- function(level, format, ..., request) {
  message <- if (...length()) sprintf(format, ...) else format
  time <- strftime(Sys.time(), "%Y-%m-%dT%H:%M:%OS3Z", tz = "UTC")
  as_json <- identical(Sys.getenv("LOG_FORMAT"), "json")
  line <- if (as_json) log_json(time, level, message, request) else log_text(time, level, message, request)
  cat(line, "\n", sep = "", file = stderr())
}

log_text <- function(time, level, message, request) {
  paste(c(time, level, if (!is.null(request)) sprintf("[%s]", request), message), collapse = " ")
}

log_json <- function(time, level, message, request) {
  fields <- list(time = time, level = level, message = message, request_id = request)
  fields$experiment <- log_context$experiment
  small_json(fields)
}

#' JSON of a few fields: NULL is null, one element is a scalar.
small_json <- function(x) as.character(jsonlite::toJSON(x, auto_unbox = TRUE, null = "null", digits = NA))
