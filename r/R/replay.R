#' Run a saved request again in this process, on the data saved with it
#'
#' Prints the result's structure and the time it took; an error comes with its traceback.
#' @param path A file `<experiment>_<task>_req.rds`, its data beside it.
#' @return The result, invisibly.
#' @export
replay <- function(path) {
  request <- read_capture(path)
  tasks <- service_settings()$tasks
  if (!is.null(tasks)) load_tasks(tasks)
  dataset <- load_dataset(file.path(dirname(path), request$data), request$experiment)
  dataset$generation <- 0L
  time <- system.time(
    result <- withCallingHandlers(task_handler(request$name)(dataset, request$params), error = function(e) {
      calls <- vapply(utils::head(sys.calls(), -2L), function(call) deparse(call, nlines = 1L)[[1]], "")
      cat("Traceback, innermost call last:", paste(" ", calls), sep = "\n", file = stderr())
    })
  )
  cat(sprintf("%s of %s: %.3f s\n", request$name, request$experiment, time[["elapsed"]]))
  utils::str(result, list.len = 20L, vec.len = 3L, give.attr = FALSE)
  invisible(result)
}

read_capture <- function(path) {
  if (!file.exists(path)) stop(sprintf("There is no saved request at %s.", path), call. = FALSE)
  request <- readRDS(path)
  if (!all(c("name", "experiment", "params", "data") %in% names(request))) {
    stop(sprintf("%s is not a saved request; those end in _req.rds.", path), call. = FALSE)
  }
  request
}
