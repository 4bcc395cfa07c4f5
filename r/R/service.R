#' Serve the experiment's analyses over HTTP until SIGTERM or SIGINT
#' @param settings What [service_settings()] reads from the environment.
#' @export
serve <- function(settings = service_settings()) {
  note_stop_signals()
  # Names of genes and sets are UTF-8 whatever the locale of the terminal that this was started from.
  if (!l10n_info()$`UTF-8`) Sys.setlocale("LC_CTYPE", "C.UTF-8")
  log_about(settings$experiment)
  if (!is.null(settings$tasks)) load_tasks(settings$tasks)
  service <- new_service(settings)
  on.exit(close_service(service))
  own_temporary_folder(service$temporary)
  server <- httpuv::startServer(settings$host, settings$port, new_app(service), quiet = TRUE)
  on.exit(server$stop(), add = TRUE, after = FALSE)
  log_info("R service listens on %s:%d with up to %d children", settings$host, settings$port, settings$children)
  advance(service)
  while (noted_stop_signal() == 0L) later::run_now(STOP_INTERVAL)
  log_info("Stopping on %s", signal_name(noted_stop_signal()))
}

#: How often the signal to stop is looked for when nothing else happens, in seconds.
STOP_INTERVAL <- 0.2

#: How often the state is looked at when no request runs, in seconds.
IDLE_INTERVAL <- 0.1

#' Run an R file that registers further analyses, as if it belonged to the package
load_tasks <- function(path) {
  if (!file.exists(path)) stop(sprintf("TANDEM_TASKS names %s, which is not there.", path), call. = FALSE)
  sys.source(path, envir = new.env(parent = environment(register_task)))
}

#' One look at everything, and the next one planned
advance <- function(service) {
  advance_state(service)
  advance_requests(service)
  running <- in_state(service, "running")
  delay <- IDLE_INTERVAL
  if (length(running)) {
    youngest <- max(vapply(running, function(request) request$started, numeric(1)))
    delay <- poll_interval(monotonic_seconds() - youngest)
  }
  plan_advance(service, delay)
}

advance_soon <- function(service) plan_advance(service, poll_interval(0))

plan_advance <- function(service, delay) {
  if (!is.null(service$cancel_advance)) service$cancel_advance()
  service$cancel_advance <- later::later(function() advance(service), delay)
}

close_service <- function(service) {
  if (!is.null(service$cancel_advance)) service$cancel_advance()
  for (generation in c(list(service$current, service$candidate), service$retired)) {
    if (!is.null(generation)) end_generation(service, generation)
  }
  while (length(service$ending)) {
    Sys.sleep(0.005)
    service$ending <- Filter(is_ending, service$ending)
  }
  unlink(c(service$scratch, service$temporary), recursive = TRUE)
}
