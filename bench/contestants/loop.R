# A contestant is a process that holds its data and answers lines of JSON: what to do, with how many threads, how often.

#' Answer requests from standard input until it ends
#' @param actions Named functions; the arguments of a request become theirs. What one returns can be saved as CSV.
#' @param about What to tell of oneself once the data is there.
answer_requests <- function(actions, about) {
  input <- file("stdin", open = "r")
  on.exit(close(input))
  say(about)
  repeat {
    line <- readLines(input, 1L)
    if (!length(line)) break
    request <- jsonlite::fromJSON(line)
    say(tryCatch(answer(actions, request), error = function(e) list(error = conditionMessage(e))))
  }
}

answer <- function(actions, request) {
  Sys.setenv(TANDEM_THREADS = request$threads)
  invisible(gc())
  resident <- reset_peak()
  began <- Sys.time()
  for (time in seq_len(request$times)) value <- do.call(actions[[request$action]], request$arguments)
  seconds <- as.numeric(difftime(Sys.time(), began, units = "secs")) / request$times
  peak <- memory_kb("VmHWM") - resident
  if (!is.null(request$save)) utils::write.csv(value, request$save, row.names = FALSE)
  list(seconds = seconds, peak_mb = peak / 1024)
}

#' Begin to note the peak of the resident memory anew; what is resident now, in kB
reset_peak <- function() {
  cat("5", file = "/proc/self/clear_refs")
  memory_kb("VmRSS")
}

memory_kb <- function(field) {
  line <- grep(paste0("^", field, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line))
}

# Packages print; only lines that begin so are answers.
say <- function(fields) cat("answer: ", jsonlite::toJSON(fields, auto_unbox = TRUE, digits = NA), "\n", sep = "")

version_of <- function(...) sapply(c(...), function(name) as.character(utils::packageVersion(name)), simplify = FALSE)
