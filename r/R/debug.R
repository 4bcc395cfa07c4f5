#' Choose the task whose requests are saved for a replay: its name, `"all"`, or NULL for none
#' @param field What whoever chooses calls it, for the error.
set_debug_step <- function(service, step, field = "step") {
  service$debug_step <- check_string(step, field, choices = c("all", task_names()), optional = TRUE)
}

is_captured <- function(service, name) isTRUE(service$debug_step %in% c("all", name))

#' Save a request, and once for each generation the data it ran on, and say in the log how to read them
#'
#' A failure to save is logged; the analysis goes on.
capture_request <- function(folder, name, dataset, params) {
  tryCatch(
    {
      dir.create(folder, showWarnings = FALSE, recursive = TRUE)
      data <- capture_data(folder, dataset)
      path <- file.path(folder, sprintf("%s_%s_req.rds", dataset$experiment_id, name))
      write_whole(list(name = name, experiment = dataset$experiment_id, params = params, data = basename(data)), path)
      lines <- sprintf("%s <- readRDS(\"%s\")", c("req", "data"), shown(c(path, data)))
      log_info("Saved for a replay; read it with\n%s", paste(lines, collapse = "\n"))
    },
    error = function(e) log_error("The request could not be saved for a replay: %s", conditionMessage(e))
  )
}

capture_data <- function(folder, dataset) {
  copy <- file.path(folder, sprintf("%s_data.rds", dataset$experiment_id))
  if (file_identity(copy) == dataset$identity) return(copy)
  if (file_identity(dataset$path) != dataset$identity) stop("the dataset's file was replaced after it was loaded")
  part <- tempfile("data-", folder)
  on.exit(unlink(part))
  file.copy(dataset$path, part, copy.date = TRUE)
  if (!identical(file.size(part), file.size(dataset$path))) stop("there is no room for a copy of the data")
  file.rename(part, copy)
  copy
}

#' The path as seen from the working directory.
shown <- function(path) sub(paste0(normalizePath(getwd()), "/"), "", normalizePath(path), fixed = TRUE)
