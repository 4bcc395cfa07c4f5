#' Stop an analysis with a reason its owner can read
#'
#' The router alone turns the condition into an HTTP answer.
#' @param code A stable name such as `R_WORKER_GENE_NOT_FOUND`.
#' @param message One plain sentence: what is wrong and, where known, what to do.
#' @param status The HTTP status to answer with.
#' @export
abort_task <- function(code, message, status = 422L) {
  stop(task_error(code, message, status))
}

#' Stop an analysis because a parameter has the wrong shape
#' @inheritParams abort_task
#' @export
abort_input <- function(message) abort_task("INVALID_INPUT", message, 400L)

task_error <- function(code, message, status) {
  structure(
    class = c("tandem_task_error", "error", "condition"),
    list(message = message, call = NULL, code = code, status = as.integer(status))
  )
}

#' What the service itself can answer instead of a result, by code.
service_errors <- list(
  R_WORKER_PAGE_REFUSED = list(403L, "The R service answers to no page, and to the names of its own machine alone."),
  R_WORKER_UNKNOWN_TASK = list(404L, "The R service knows no analysis named '%s'."),
  R_WORKER_NOT_FOUND = list(404L, "The R service has nothing at %s."),
  R_WORKER_UNKNOWN_REQUEST = list(404L, "No request '%s' is known here; it may have ended long ago."),
  R_WORKER_DUPLICATE_REQUEST = list(
    409L, "A request with the id '%s' is already waiting or running; give each call its own X-Request-Id."
  ),
  R_WORKER_CANCELLED = list(409L, "The analysis was cancelled."),
  R_WORKER_BODY_TOO_LARGE = list(413L, "The request's body is larger than the %s MB the R service accepts."),
  R_WORKER_UNHANDLED_ERROR = list(
    500L, "The analysis failed unexpectedly. The R service's log has the details under request %s."
  ),
  R_WORKER_CHILD_DIED = list(502L, "The process of the analysis ended without an answer (%s)."),
  R_WORKER_NOT_READY = list(503L, "No dataset is loaded yet (%s). Try again in a moment."),
  R_WORKER_BUSY = list(503L, "The R service has all the requests at hand that it can take. Try again in a moment."),
  R_WORKER_TIMEOUT = list(504L, "The analysis did not finish in the %s s it was given and was stopped."),
  R_WORKER_OUT_OF_MEMORY = list(
    507L, "The analysis needed more memory than there is. Try it on fewer cells or genes."
  ),
  R_WORKER_SCRATCH_FULL = list(
    507L, "The R service's scratch folder has no room left. Try again later, or give TANDEM_SCRATCH more."
  )
)

`%||%` <- function(x, y) if (is.null(x)) y else x

#' The service's own error of that code, its sentence filled in.
service_error <- function(code, ...) {
  known <- service_errors[[code]]
  task_error(code, sprintf(known[[2]], ...), known[[1]])
}
