#: Time between two looks at the dataset's file, in seconds; it is taken when two looks see the same.
WATCH_INTERVAL <- 2

#' Everything that can be set from outside, read from the environment once
service_settings <- function() {
  data <- Sys.getenv("TANDEM_DATA", "/data")
  list(
    host = Sys.getenv("TANDEM_R_HOST", "127.0.0.1"),
    port = setting_count("TANDEM_R_PORT", 4000L),
    data = data,
    scratch = Sys.getenv("TANDEM_SCRATCH", "/dev/shm"),
    temporary = dirname(tempdir()), # what R takes of TMPDIR
    children = setting_count("TANDEM_CHILDREN", cores()),
    max_body_mb = setting_count("TANDEM_MAX_BODY_MB", 256L),
    watch_interval = WATCH_INTERVAL,
    experiment = setting_text("EXPERIMENT_ID"),
    labels = Sys.getenv("TANDEM_LABELS", "/etc/podinfo/labels"),
    tasks = setting_text("TANDEM_TASKS"),
    debug_step = setting_text("DEBUG_STEP"),
    debug_dir = Sys.getenv("TANDEM_DEBUG_DIR", file.path(data, "debug"))
  )
}

setting_text <- function(name) {
  value <- Sys.getenv(name)
  if (nzchar(value)) value
}

setting_count <- function(name, default) {
  text <- Sys.getenv(name, as.character(default))
  if (!grepl("^[1-9][0-9]{0,8}$", text)) {
    stop(sprintf("%s must be a whole number from 1 on, not '%s'.", name, text), call. = FALSE)
  }
  as.integer(text)
}

#' The experiment's id out of a pod's labels (lines of `key="value"`); NULL while it is not there
labelled_experiment <- function(path) {
  if (!file.exists(path)) return(NULL)
  line <- grep('^experimentId="', readLines(path, warn = FALSE), value = TRUE)
  if (length(line)) sub('^experimentId="(.*)"$', "\\1", line[[1]])
}
