#' A private folder in memory for requests and answers, gone with the service
#'
#' Folders of services that died without removing theirs are swept first.
open_scratch <- function(root) {
  sweep_scratch(root)
  folder <- tempfile(sprintf("tandem-%d-", Sys.getpid()), root)
  if (!dir.create(folder, mode = "0700")) {
    stop(sprintf("The scratch folder %s cannot be written; set TANDEM_SCRATCH to one that can.", root), call. = FALSE)
  }
  lock_file(file.path(folder, "lock"))
  for (part in c("requests", "answers", "generations")) dir.create(file.path(folder, part))
  folder
}

# A lock, not the process id, tells the dead: containers sharing a folder do not see each other's processes.
sweep_scratch <- function(root) {
  locks <- Sys.glob(file.path(root, "tandem-*", "lock"))
  dead <- dirname(locks[vapply(locks, lock_file, logical(1))])
  unlink(dead, recursive = TRUE)
}

#' Write a small R value so that a reader sees all of it or nothing
write_whole <- function(value, path) {
  part <- paste0(path, ".part")
  saveRDS(value, part, compress = FALSE)
  file.rename(part, path)
}
