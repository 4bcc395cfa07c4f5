# A forked child runs one analysis in the folder of its request: `body` comes in, `answer` and `outcome` go out,
# lines of `progress` while it works. The outcome is written last and whole: who sees it sees everything.

child <- new.env(parent = emptyenv())

#' Report how far the analysis is; outside a child it does nothing
#' @param message What is being done.
#' @param step,total How many of how many steps are done.
#' @export
progress <- function(message, step = NULL, total = NULL) {
  if (is.null(child$folder)) return(invisible())
  line <- small_json(list(message = message, step = step, total = total))
  cat(line, "\n", sep = "", file = file.path(child$folder, "progress"), append = TRUE)
}

#' Answer with a file instead of JSON; the file is taken away by whoever serves it
#' @param path Where the analysis wrote it, for instance a [tempfile()].
#' @param content_type Its media type.
#' @export
file_result <- function(path, content_type) {
  structure(list(path = path, content_type = content_type), class = "tandem_file")
}

#' Fork, do the work in the child and leave; the parent gets the child's process id
fork <- function(name, folder, work, kept_fd = -1L) {
  pid <- fork_process(name, folder, kept_fd)
  if (pid > 0L) return(pid)
  on.exit(exit_process(1L))
  tryCatch(
    {
      work()
      exit_process(0L)
    },
    error = function(e) log_error("%s", conditionMessage(e))
  )
  exit_process(1L)
}

#' Start the analysis of a request in a child of this process
fork_analysis <- function(name, folder, dataset, capture_dir = NULL) {
  oom_before <- oom_kills()
  pid <- fork("tandem-child", folder, function() {
    child$folder <- folder
    log_about(dataset$experiment_id, basename(folder))
    step_behind_service()
    write_outcome(run_analysis(name, folder, dataset, capture_dir), folder)
  })
  list(pid = pid, folder = folder, oom_before = oom_before, started = monotonic_seconds())
}

#' What became of an analysis: the type of its answer, or an error's fields
run_analysis <- function(name, folder, dataset, capture_dir) {
  tryCatch(
    withCallingHandlers(
      {
        body <- file.path(folder, "body")
        params <- parse_body(readBin(body, "raw", file.size(body)))
        if (!is.null(capture_dir)) capture_request(capture_dir, name, dataset, params)
        result <- task_handler(name)(dataset, params)
        content_type <- save_answer(result, file.path(folder, "answer"))
        if (is_full(folder)) stop(service_error("R_WORKER_SCRATCH_FULL"))
        list(content_type = content_type)
      },
      warning = function(w) {
        log_warning("%s: %s", name, conditionMessage(w))
        tryInvokeRestart("muffleWarning")
      },
      error = function(e) if (!inherits(e, "tandem_task_error")) log_unhandled(name, e, sys.calls())
    ),
    error = function(e) {
      error <- as_task_error(e, folder)
      unlink(file.path(folder, c("answer", "tmp")), recursive = TRUE)
      error_fields(error)
    }
  )
}

save_answer <- function(result, path) {
  if (!inherits(result, "tandem_file")) {
    write_json(result, path)
    return("application/json")
  }
  moved <- suppressWarnings(file.rename(result$path, path)) || file.copy(result$path, path)
  if (!moved) stop("The analysis's file ", result$path, " cannot be moved to the answers.")
  result$content_type
}

parse_body <- function(body) {
  if (length(body) == 0L) return(list())
  params <- tryCatch(
    jsonlite::fromJSON(rawToChar(body), simplifyVector = TRUE, simplifyDataFrame = FALSE, simplifyMatrix = FALSE),
    error = function(e) abort_input("The request's body is not JSON.")
  )
  if (!is_object(params)) abort_input("The request's body must be a JSON object.")
  params
}

is_object <- function(x) is.list(x) && (length(x) == 0L || !is.null(names(x)))

error_fields <- function(e) list(code = e$code, message = conditionMessage(e), status = e$status)

as_task_error <- function(e, folder) {
  if (inherits(e, "tandem_task_error")) return(e)
  if (is_out_of_memory(e)) return(service_error("R_WORKER_OUT_OF_MEMORY"))
  if (is_full(folder)) return(service_error("R_WORKER_SCRATCH_FULL"))
  service_error("R_WORKER_UNHANDLED_ERROR", basename(folder))
}

is_out_of_memory <- function(e) grepl("cannot allocate|bad_alloc|memory exhausted", conditionMessage(e))

#: How many of the innermost calls the log shows of an unexpected error.
TRACE_LENGTH <- 15L

log_unhandled <- function(name, error, calls) {
  calls <- vapply(calls, function(call) shortened(paste(trimws(deparse(call, nlines = 2L)), collapse = " ")), "")
  own <- utils::tail(calls, -match("task_handler(name)(dataset, params)", calls, nomatch = 0L))
  own <- utils::tail(utils::head(own, -2L), TRACE_LENGTH) # the last two only hand the error over to here
  log_error("%s failed: %s | called from: %s", name, conditionMessage(error), paste(rev(own), collapse = " < "))
}

#' The error behind a child's death, as [reap_process()] tells it
death_error <- function(death, oom_before) {
  if (!is.na(death[["exit"]])) {
    return(service_error("R_WORKER_CHILD_DIED", sprintf("it exited with status %d", death[["exit"]])))
  }
  if (death[["signal"]] == tools::SIGKILL && oom_kills() > oom_before) return(service_error("R_WORKER_OUT_OF_MEMORY"))
  service_error("R_WORKER_CHILD_DIED", paste("killed by", signal_name(death[["signal"]])))
}

signal_name <- function(number) {
  known <- c(
    SIGHUP = 1L, SIGINT = 2L, SIGQUIT = 3L, SIGILL = 4L, SIGABRT = 6L, SIGBUS = 7L, SIGFPE = 8L, SIGKILL = 9L,
    SIGSEGV = 11L, SIGPIPE = 13L, SIGTERM = 15L, SIGXCPU = 24L, SIGXFSZ = 25L
  )
  name <- names(known)[match(number, known)]
  if (is.na(name)) paste("signal", number) else name
}

#' How many processes the kernel has killed for want of memory, in this container and on this machine
oom_kills <- function(files = c("/sys/fs/cgroup/memory.events", "/proc/vmstat")) {
  counts <- vapply(files[file.exists(files)], function(file) {
    line <- grep("^oom_kill ", readLines(file, warn = FALSE), value = TRUE)
    if (length(line)) as.numeric(sub("oom_kill ", "", line[[1]])) else 0
  }, numeric(1))
  sum(counts)
}

#: How much further back than the service an analysis stands in the queue for a processor.
CHILD_NICENESS <- 3L

# The service answers while analyses take all cores; and when memory ends, the kernel takes the analysis that wanted it.
step_behind_service <- function() {
  tools::psnice(value = CHILD_NICENESS)
  try(cat("1000", file = "/proc/self/oom_score_adj"), silent = TRUE)
}
