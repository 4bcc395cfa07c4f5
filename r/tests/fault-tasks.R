# Analyses that go wrong on purpose. A test serves them with TANDEM_TASKS=<this file>.

register_task("sleep", function(dataset, params) {
  seconds <- check_number(params$seconds, "seconds", min = 0)
  progress("Sleeping", 1, 2)
  Sys.sleep(seconds)
  list(generation = dataset$generation, seconds = seconds)
})

register_task("wait", function(dataset, params) {
  path <- check_string(params$path, "path")
  while (!file.exists(path)) Sys.sleep(0.01)
  list(generation = dataset$generation)
})

register_task("crash", function(dataset, params) {
  tools::pskill(Sys.getpid(), check_count(params$signal, "signal", min = 1, max = 31))
  Sys.sleep(10)
})

register_task("allocate", function(dataset, params) {
  megabytes <- check_number(params$megabytes, "megabytes", min = 0)
  list(allocated = length(numeric(megabytes * 125000)) / 125000)
})

register_task("fail", function(dataset, params) stop(check_string(params$message, "message")))

register_task("flood", function(dataset, params) {
  path <- tempfile()
  file <- file(path, "wb")
  megabyte <- as.raw(sample.int(256L, 1e6, replace = TRUE) - 1L)
  for (i in seq_len(check_count(params$megabytes, "megabytes"))) writeBin(megabyte, file)
  close(file)
  file_result(path, check_string(params$type, "type", optional = TRUE) %||% "application/octet-stream")
})

register_task("export", function(dataset, params) {
  path <- tempfile()
  file <- gzfile(path, "wb")
  writeLines(sprintf("row %d", seq_len(check_count(params$rows, "rows"))), file)
  close(file)
  Sys.sleep(check_number(params$seconds, "seconds", min = 0, optional = TRUE) %||% 0)
  file_result(path, "application/gzip")
})

register_task("count-points", function(dataset, params) {
  list(points = sum(lengths(params$embedding) == 2L), filtered = sum(lengths(params$embedding) == 0L))
})

register_task("say", function(dataset, params) {
  Sys.sleep(check_number(params$seconds, "seconds", min = 0))
  path <- tempfile()
  writeLines(check_string(params$text, "text"), path, useBytes = TRUE)
  file_result(path, "application/json")
})

register_task("numbers", function(dataset, params) {
  numbers <- rep(as.numeric(unlist(params$words)), check_count(params$times, "times"))
  table <- data.frame(value = numbers, name = rep("x", length(numbers)))
  list(numbers = numbers, table = table, none = table[0, ], one = utils::head(table, 1L))
})
