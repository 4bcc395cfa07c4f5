#' The life of the process that keeps one generation of the dataset
#'
#' It loads the file, tells so in `outcome`, then forks a child for each command: `run <id> <task>`,
#' `capture <id> <task>` (the same, saved for a replay) and `kill <id>`. It ends when the channel is closed.
#' The service itself stays small and always answers, whatever happens here.
#' @param folder Where it says how far it is.
#' @param temporary Where it keeps files of its own, also the store where that cannot lie beside the data.
keep_dataset <- function(channel, folder, temporary, path, experiment, generation, debug_dir) {
  log_about(experiment)
  # quit() in a child removes the folder that was made last: from here on not the service's.
  own_temporary_folder(temporary)
  dataset <- load_generation(folder, temporary, path, experiment, generation)
  requests <- file.path(dirname(dirname(folder)), "requests")
  children <- list()
  forks <- 0L
  packages <- COMMON_PACKAGES
  repeat {
    children <- Filter(is_running, children)
    is_idle <- length(children) == 0L
    if (forks >= FORKS_BEFORE_GATHERING && is_idle) {
      gather_memory()
      forks <- 0L
    }
    may_load <- is_idle && length(packages) > 0L
    command <- receive_command(channel, if (may_load) QUIET_MS else reap_interval_ms(children))
    if (is.null(command)) {
      if (may_load) packages <- load_next(packages)
      next
    }
    if (command == "") break
    words <- strsplit(command, " ", fixed = TRUE)[[1]]
    id <- words[[2]]
    if (words[[1]] == "kill") {
      if (!is.null(children[[id]])) kill_process(children[[id]]$pid)
    } else {
      forks <- forks + 1L
      capture_dir <- if (words[[1]] == "capture") debug_dir
      children[[id]] <- start_analysis(words[[3]], file.path(requests, id), dataset, capture_dir)
    }
  }
}

#: Packages that analyses call, the most wanted first: loaded here once, every child finds them loaded. Seurat is not
#: among them, since each child would pay for its many objects.
COMMON_PACKAGES <- c("uwot", "Matrix", "igraph", "limma", "edgeR")
#: After so long without a request the next of them is loaded, in milliseconds.
QUIET_MS <- 1000L

#' Load the first of the packages; the others are still to load
load_next <- function(packages) {
  loadNamespace(packages[[1L]])
  if (length(packages) == 1L) {
    gc()
    gather_memory()
  }
  packages[-1L]
}

#: Each fork scatters some of this process's huge pages; after so many they are gathered again (some 30 ms for 500 MB).
FORKS_BEFORE_GATHERING <- 50L

#' A child at work, or NULL with the reason in the request's outcome.
start_analysis <- function(name, folder, dataset, capture_dir) {
  tryCatch(fork_analysis(name, folder, dataset, capture_dir), error = function(e) {
    log_error("No child for %s: %s", name, conditionMessage(e), request = basename(folder))
    # Its folder may be gone: the caller was answered meanwhile.
    try(write_outcome(error_fields(service_error("R_WORKER_OUT_OF_MEMORY")), folder), silent = TRUE)
    NULL
  })
}

load_generation <- function(folder, temporary, path, experiment, generation) {
  identity <- file_identity(path)
  build <- function(...) build_aside(..., aside = file.path(folder, "building"))
  store <- function() prepare_store(path, build, spare = file.path(temporary, "store"))
  dataset <- tryCatch(load_dataset(path, experiment, store()), error = function(e) {
    write_outcome(list(message = conditionMessage(e), died = identical(e$code, "R_WORKER_CHILD_DIED")), folder)
    exit_process(1L)
  })
  dataset$generation <- generation
  dataset$path <- path
  dataset$identity <- identity
  rehearse(folder, dataset)
  gc() # what is old now need not be marked again in each child
  gather_memory()
  write_outcome(list(cells = dataset$n_cells, genes = dataset$n_genes), folder)
  dataset
}

#' Make a store in a child, so that this process never holds the whole object
#' @param aside The folder in which the child says how it went: in scratch, since the disk may be full.
build_aside <- function(path, folder, checksum, aside) {
  dir.create(aside)
  on.exit(remove_at_once(aside))
  log_info("Preparing %s for analysis", path)
  pid <- fork("tandem-build", aside, function() {
    failure <- tryCatch({ build_store(path, folder, checksum); NULL }, error = function(e) {
      list(class = class(e), message = conditionMessage(e))
    })
    write_whole(failure, file.path(aside, "failure"))
  })
  oom_before <- oom_kills()
  while (is.null(death <- reap_process(pid))) Sys.sleep(0.01)
  if (!file.exists(file.path(aside, "failure"))) stop(death_error(death, oom_before))
  failure <- readRDS(file.path(aside, "failure"))
  if (!is.null(failure)) stop(structure(class = failure$class, list(message = failure$message, call = NULL)))
  folder
}

# What this process has not yet done once (reading a function from disk, say), every child would do anew.
rehearse <- function(folder, dataset) {
  eapply(topenv(), force, all.names = TRUE)
  register_task("rehearsal", function(dataset, params) list(cells = dataset$n_cells))
  writeBin(charToRaw("{}"), file.path(folder, "body"))
  write_whole(run_analysis("rehearsal", folder, dataset, NULL), file.path(folder, "rehearsed"))
}

#' Whether a child still works; of one that died without an outcome, the outcome is written here.
is_running <- function(child) {
  death <- reap_process(child$pid)
  if (is.null(death)) return(TRUE)
  # The service takes the folder away as soon as it has seen the outcome, so at any moment of this look too.
  if (dir.exists(child$folder)) try(note_death(child, death), silent = TRUE)
  FALSE
}

note_death <- function(child, death) {
  if (is.null(read_outcome(child$folder))) {
    write_outcome(error_fields(death_error(death, child$oom_before)), child$folder)
  }
}

reap_interval_ms <- function(children) {
  if (length(children) == 0L) return(-1L)
  youngest <- max(vapply(children, function(child) child$started, numeric(1)))
  as.integer(1000 * poll_interval(monotonic_seconds() - youngest))
}

#' How long to sleep between two looks at work of that age, all in seconds: a short task must not wait,
#' a long one not be stared at, for on a busy machine the looks would take what it needs itself.
poll_interval <- function(age) min(0.02, max(0.001, 0.1 * age))
