#' How many threads an analysis may use: `TANDEM_THREADS`, by default the number of cores
threads <- function() setting_count("TANDEM_THREADS", cores())

#' How many cores this process may use: those it is allowed to run on, and no more than its container's share of time
#' @param quota_file Where the kernel tells the container's share: microseconds of processor time in so many of the clock.
cores <- function(quota_file = "/sys/fs/cgroup/cpu.max") {
  allowed <- hardware_threads()
  quota <- if (file.exists(quota_file)) suppressWarnings(as.numeric(scan(quota_file, "", quiet = TRUE)))
  if (length(quota) != 2L || anyNA(quota)) return(allowed)
  as.integer(max(1, min(allowed, ceiling(quota[[1L]] / quota[[2L]]))))
}
