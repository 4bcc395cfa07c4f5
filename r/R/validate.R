# Each check returns the value, or stops with INVALID_INPUT and one sentence that names the field.
# The body is parsed JSON: an array of one element cannot be told from a scalar, an empty one is list().

check_string <- function(x, name, choices = NULL, optional = FALSE) {
  if (is_absent(x, name, optional)) return(NULL)
  if (!is.character(x) || length(x) != 1L || is.na(x)) abort_input(sprintf("'%s' must be a text.", name))
  if (!is.null(choices) && !x %in% choices) {
    abort_input(sprintf("'%s' must be one of %s, not '%s'.", name, quoted(choices), shortened(x)))
  }
  x
}

check_number <- function(x, name, min = -Inf, max = Inf, optional = FALSE) {
  if (is_absent(x, name, optional)) return(NULL)
  if (!is.numeric(x) || length(x) != 1L || !is.finite(x)) abort_input(sprintf("'%s' must be a number.", name))
  if (x < min || x > max) abort_input(sprintf("'%s' must be %s, not %s.", name, range_text(min, max), format(x)))
  as.numeric(x)
}

#' A whole number, by default not negative.
check_count <- function(x, name, min = 0, max = .Machine$integer.max, optional = FALSE) {
  x <- check_number(x, name, min, max, optional)
  if (is.null(x)) return(NULL)
  if (x != trunc(x)) abort_input(sprintf("'%s' must be a whole number, not %s.", name, format(x)))
  as.integer(x)
}

check_flag <- function(x, name, optional = FALSE) {
  if (is_absent(x, name, optional)) return(NULL)
  if (!is.logical(x) || length(x) != 1L || is.na(x)) abort_input(sprintf("'%s' must be true or false.", name))
  x
}

check_strings <- function(x, name, min_length = 0L, optional = FALSE) {
  if (is_absent(x, name, optional)) return(NULL)
  if (is_empty_array(x)) x <- character()
  if (!is.character(x) || anyNA(x)) abort_input(sprintf("'%s' must be a list of texts.", name))
  check_length(x, name, min_length)
}

#' Identifiers of cells: whole numbers from 0 on.
#' @param of What the numbers name, for the error.
check_ids <- function(x, name, min_length = 0L, optional = FALSE, of = "cell ids") {
  if (is_absent(x, name, optional)) return(NULL)
  if (is_empty_array(x)) x <- integer()
  if (!is.numeric(x) || anyNA(x) || any(x < 0 | x > .Machine$integer.max | x != trunc(x))) {
    abort_input(sprintf("'%s' must be a list of %s (whole numbers from 0 on).", name, of))
  }
  check_length(as.integer(x), name, min_length)
}

#' An object or an array of objects.
check_list <- function(x, name, min_length = 0L, optional = FALSE) {
  if (is_absent(x, name, optional)) return(NULL)
  if (!is.list(x)) abort_input(sprintf("'%s' must be an object or a list of objects.", name))
  check_length(x, name, min_length)
}

is_absent <- function(x, name, optional) {
  if (!is.null(x)) return(FALSE)
  if (!optional) abort_input(sprintf("'%s' is missing.", name))
  TRUE
}

is_empty_array <- function(x) is.list(x) && length(x) == 0L

check_length <- function(x, name, min_length) {
  if (length(x) >= min_length) return(x)
  if (min_length == 1L) abort_input(sprintf("'%s' must not be empty.", name))
  abort_input(sprintf("'%s' must have at least %d elements, not %d.", name, min_length, length(x)))
}

quoted <- function(x) paste0("'", x, "'", collapse = ", ")

#: Longest piece of a caller's own text that an error repeats, in characters.
SHORTENED_LENGTH <- 60L

shortened <- function(x) {
  if (nchar(x) <= SHORTENED_LENGTH) x else paste0(substr(x, 1L, SHORTENED_LENGTH), "...")
}

range_text <- function(min, max) {
  if (max == Inf) return(paste("at least", format(min)))
  if (min == -Inf) return(paste("at most", format(max)))
  sprintf("between %s and %s", format(min), format(max))
}
