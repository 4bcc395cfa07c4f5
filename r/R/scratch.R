#' The service's folder in memory for requests and answers
open_scratch <- function(root) {
  folder <- open_private(root, "TANDEM_SCRATCH")
  for (part in c("requests", "answers", "generations")) dir.create(file.path(folder, part))
  folder
}

#' A folder that nobody else may read, gone with the service
#'
#' Folders of services that died without removing theirs are swept first.
#' @param setting The variable that names `root`, for the error.
open_private <- function(root, setting) {
  sweep_private(root)
  folder <- tempfile(sprintf("tandem-%d-", Sys.getpid()), root)
  if (!dir.create(folder, mode = "0700")) {
    stop(sprintf("The folder %s cannot be written; set %s to one that can.", root, setting), call. = FALSE)
  }
  # Locked before it has its name: who sweeps at this moment must not find it unlocked.
  lock <- file.path(folder, "lock")
  lock_file(paste0(lock, ".new"))
  file.rename(paste0(lock, ".new"), lock)
  folder
}

#' Make this process's temporary folder anew, within `root`
own_temporary_folder <- function(root) {
  unlink(tempdir(), recursive = TRUE)
  Sys.setenv(TMPDIR = root)
  tempdir(check = TRUE)
}

# A lock, not the process id, tells the dead: containers sharing a folder do not see each other's processes.
sweep_private <- function(root) {
  locks <- Sys.glob(file.path(root, "tandem-*", "lock"))
  dead <- dirname(locks[vapply(locks, lock_file, logical(1))])
  unlink(dead, recursive = TRUE)
}

#' Write bytes; what does not fit leaves nothing behind
write_bytes <- function(bytes, path) {
  written <- tryCatch(
    {
      suppressWarnings(writeBin(bytes, path))
      file.size(path) == length(bytes)
    },
    error = function(e) FALSE
  )
  if (isTRUE(written)) return(invisible())
  unlink(path)
  stop(service_error("R_WORKER_SCRATCH_FULL"))
}

#' Write a small R value so that a reader sees all of it or nothing
write_whole <- function(value, path) {
  part <- paste0(path, ".part")
  write_bytes(serialize(value, NULL), part)
  file.rename(part, path)
}

#' Tell how an analysis ended; an empty file, for which there is always room, tells that there was none
write_outcome <- function(outcome, folder) {
  path <- file.path(folder, "outcome")
  tryCatch(write_whole(outcome, path), error = function(e) file.create(path))
}

#' How an analysis ended, or NULL while it has not
read_outcome <- function(folder) {
  path <- file.path(folder, "outcome")
  if (!file.exists(path)) return(NULL)
  if (file.size(path) == 0) error_fields(service_error("R_WORKER_SCRATCH_FULL")) else readRDS(path)
}

#' Whether not a byte more fits; what was written last may then be cut short, without a word from R
is_full <- function(folder) free_bytes(folder) == 0

#' Remove a folder that others may be about to write into: under another name, nobody finds it half removed
remove_at_once <- function(folder) {
  aside <- paste0(folder, "~")
  unlink(if (suppressWarnings(file.rename(folder, aside))) aside else folder, recursive = TRUE)
}
