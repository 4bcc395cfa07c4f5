# The steps of an import, told on stdout as they begin and end: one JSON line each.

#: What each step is called for a person, in the order they come in.
STEP_LABELS <- c(
  read = "Reading the counts", droplets = "Telling cells from empty droplets", filter = "Filtering cells",
  doublets = "Looking for doublets", normalise = "Normalising", variable = "Choosing variable genes",
  components = "Finding principal components", integration = "Integrating the samples",
  neighbours = "Finding neighbours", clusters = "Clustering", layout = "Laying out the cells",
  report = "Writing the report", write = "Writing the experiment"
)

import_steps <- new.env(parent = emptyenv())

#' Begin to count the steps that will be taken
#' @param names Some of the names of `STEP_LABELS`.
plan_steps <- function(names) {
  import_steps$names <- intersect(names(STEP_LABELS), names)
  import_steps$current <- NULL
  import_steps$notes <- import_steps$seconds <- list()
}

#' Take a step that was planned; one that was not gives `otherwise`
take_step <- function(name, code, otherwise = NULL) {
  number <- match(name, import_steps$names)
  if (is.na(number)) return(otherwise)
  import_steps$current <- name
  # What earlier steps left shall not be in memory together with what this one needs.
  gc()
  release_memory()
  tell_step(label = STEP_LABELS[[name]], number = number, of = length(import_steps$names), state = "begins")
  began <- proc.time()[["elapsed"]]
  result <- force(code)
  seconds <- proc.time()[["elapsed"]] - began
  import_steps$seconds[[name]] <- seconds
  note <- import_steps$notes[[name]]
  tell_step(label = STEP_LABELS[[name]], state = "done", seconds = round(seconds, 1L), note = note)
  result
}

#' One sentence on what the step under way has done
note_step <- function(format, ...) {
  sentence <- if (...length()) sprintf(format, ...) else format
  name <- import_steps$current
  import_steps$notes[[name]] <- paste(c(import_steps$notes[[name]], sentence), collapse = " ")
  invisible()
}

#' How far the step under way is
tell_parts <- function(done, parts) {
  tell_step(label = STEP_LABELS[[import_steps$current]], state = "progress", done = done, parts = parts)
}

tell_step <- function(...) {
  do.call(tell, Filter(Negate(is.null), list(step = import_steps$current, ...)))
}
