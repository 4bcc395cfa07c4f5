#' Every analysis by the name of its route; each task file adds its own.
task_registry <- new.env(parent = emptyenv())

#' Make an analysis reachable as `POST /v0/<name>`
#' @param name The name of the route.
#' @param handler `function(dataset, params)` returning what [write_json()] writes, or a [file_result()].
#' @export
register_task <- function(name, handler) {
  stopifnot(is.character(name), length(name) == 1L, is.function(handler))
  assign(name, handler, envir = task_registry)
  invisible(handler)
}

task_handler <- function(name) {
  handler <- get0(name, envir = task_registry, inherits = FALSE)
  if (is.null(handler)) stop(service_error("R_WORKER_UNKNOWN_TASK", name))
  handler
}

task_names <- function() sort(ls(task_registry))
