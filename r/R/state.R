# Which generation of the dataset answers. A changed file is loaded by a new process beside the old one; requests go
# to the old until the new is ready, and never again after.

#' What the service knows: its settings, its generations and its requests.
new_service <- function(settings) {
  service <- new.env(parent = emptyenv())
  service$settings <- settings
  service$scratch <- open_scratch(settings$scratch)
  service$temporary <- open_private(settings$temporary, "TMPDIR")
  service$experiment <- settings$experiment
  service$generations <- 0L
  service$current <- NULL
  service$candidate <- NULL
  service$retired <- list()
  service$ending <- list()
  service$error <- NULL
  service$taken <- ""
  service$seen <- ""
  service$looked <- -Inf
  service$requests <- list()
  service$arriving <- numeric()
  service$finished <- list()
  set_debug_step(service, settings$debug_step, "DEBUG_STEP")
  service
}

dataset_path <- function(service) file.path(service$settings$data, service$experiment, "r.rds")

#' One look at everything that may have changed about the dataset
advance_state <- function(service) {
  check_candidate(service)
  check_current(service)
  service$retired <- Filter(function(generation) is_serving(service, generation), service$retired)
  service$ending <- Filter(is_ending, service$ending)
  if (monotonic_seconds() - service$looked >= service$settings$watch_interval) look_at_file(service)
}

look_at_file <- function(service) {
  first_look <- service$looked == -Inf
  interval <- service$settings$watch_interval
  service$looked <- monotonic_seconds()
  if (is.null(service$experiment)) service$experiment <- labelled_experiment(service$settings$labels)
  if (is.null(service$experiment)) return()
  found <- file_identity(dataset_path(service))
  stable <- found == service$seen || (first_look && !is_young(dataset_path(service), interval))
  service$seen <- found
  if (found != "" && found != service$taken && stable && is.null(service$candidate)) load_candidate(service, found)
}

#' What tells one content of a file from another; "" when there is none
file_identity <- function(path) {
  info <- file.info(path, extra_cols = FALSE)
  if (is.na(info$size)) "" else sprintf("%.6f %.0f", as.numeric(info$mtime), info$size)
}

is_young <- function(path, watch_interval) {
  isTRUE(as.numeric(difftime(Sys.time(), file.mtime(path), units = "secs")) < 2 * watch_interval)
}

load_candidate <- function(service, identity) {
  service$generations <- service$generations + 1L
  number <- service$generations
  service$taken <- identity
  service$error <- NULL
  folder <- file.path(service$scratch, "generations", number)
  temporary <- file.path(service$temporary, number)
  for (own in c(folder, temporary)) dir.create(own)
  channel <- open_channel()
  path <- dataset_path(service)
  debug_dir <- service$settings$debug_dir
  pid <- fork("tandem-dataset", folder, kept_fd = channel[[2]], work = function() {
    keep_dataset(channel[[2]], folder, temporary, path, service$experiment, number, debug_dir)
  })
  close_channel(channel[[2]])
  service$candidate <- list(
    number = number, pid = pid, channel = channel[[1]], folder = folder, temporary = temporary, identity = identity,
    since = monotonic_seconds(), oom_before = oom_kills()
  )
  log_info("Loading generation %d from %s", number, path)
}

state_name <- function(service) {
  if (!is.null(service$current)) return("ready")
  if (!is.null(service$candidate)) return("loading")
  if (!is.null(service$error)) "failed" else "waiting"
}

#' Whether the file on disk is another one than the one that answers.
is_stale <- function(service) {
  if (is.null(service$current)) return(FALSE)
  !file_identity(dataset_path(service)) %in% c(service$current$identity, "")
}

check_candidate <- function(service) {
  candidate <- service$candidate
  if (is.null(candidate)) return()
  outcome <- read_outcome(candidate$folder)
  death <- reap_process(candidate$pid)
  if (is.null(outcome) && is.null(death)) return()
  service$candidate <- NULL
  if (!is.null(outcome$cells) && is.null(death)) return(accept_candidate(service, candidate, outcome))
  if (is.null(death)) end_generation(service, candidate) else clear_generation(candidate)
  service$error <- outcome$message %||% conditionMessage(death_error(death, candidate$oom_before))
  log_error("%s cannot be loaded: %s", dataset_path(service), service$error)
  if (is.null(outcome) || isTRUE(outcome$died)) load_again(service, candidate$identity)
}

#: How often a file is loaded whose loading dies each time: an accident passes, a file that kills does not.
MOST_LOADS <- 3L

#' Let a file whose loading was killed be taken again at the next look
load_again <- function(service, identity) {
  times <- if (identical(service$died$identity, identity)) service$died$times + 1L else 1L
  service$died <- list(identity = identity, times = times)
  if (times < MOST_LOADS) service$taken <- ""
}

accept_candidate <- function(service, candidate, outcome) {
  if (!file_identity(dataset_path(service)) %in% c(candidate$identity, "")) {
    log_warning("%s changed while it was loaded; it will be loaded again", dataset_path(service))
    return(end_generation(service, candidate))
  }
  service$died <- NULL
  if (!is.null(service$current)) service$retired <- c(service$retired, list(service$current))
  service$current <- c(candidate, outcome)
  log_info(
    "R service ready: generation %d, %d cells, %d genes, loaded in %.1f s",
    candidate$number, outcome$cells, outcome$genes, monotonic_seconds() - candidate$since
  )
}

# The process that keeps the data can only die by accident: its requests end, and the file is loaded again.
check_current <- function(service) {
  current <- service$current
  death <- if (!is.null(current)) reap_process(current$pid)
  if (is.null(death)) return()
  error <- death_error(death, current$oom_before)
  log_error("The process with the data is gone: %s The file will be loaded again.", conditionMessage(error))
  service$current <- NULL
  service$taken <- ""
  clear_generation(current)
  fail_requests(service, current$number, error)
}

#' Whether a retired generation still has requests to finish; if not, its process is ended.
is_serving <- function(service, generation) {
  if (!any(running_generations(service) == generation$number)) {
    end_generation(service, generation)
    return(FALSE)
  }
  death <- reap_process(generation$pid)
  if (is.null(death)) return(TRUE)
  clear_generation(generation)
  fail_requests(service, generation$number, death_error(death, generation$oom_before))
  FALSE
}

end_generation <- function(service, generation) {
  kill_process(generation$pid)
  service$ending <- c(service$ending, list(generation))
}

#' Whether the process of a generation that was ended is still there; if not, what it had is taken away.
is_ending <- function(generation) {
  if (is.null(reap_process(generation$pid))) return(TRUE)
  clear_generation(generation)
  FALSE
}

#' Take away what a generation had whose process is gone; a child of that process may just be about to write.
clear_generation <- function(generation) {
  close_channel(generation$channel)
  for (folder in c(generation$folder, generation$temporary)) remove_at_once(folder)
}
