# Markup that is safe by construction: text is escaped unless a tag made it.

#: Elements that never hold anything.
VOID_ELEMENTS <- c("img", "meta")
#: Signs that turn the direction of text around, and could make a name read as another.
DIRECTION_SIGNS <- "[\u200e\u200f\u202a-\u202e\u2066-\u2069]"

#' One element of HTML
#' @param element Its name.
#' @param ... Named: its attributes, left out where NULL. Unnamed: what it holds, a list, text or other elements.
tag <- function(element, ...) {
  parts <- list(...)
  is_attribute <- nzchar(names(parts) %||% character(length(parts)))
  attributes <- Filter(length, parts[is_attribute])
  opening <- paste(c(element, sprintf('%s="%s"', names(attributes), vapply(attributes, html_text, ""))), collapse = " ")
  closing <- if (element %in% VOID_ELEMENTS) "" else sprintf("</%s>", element)
  markup(paste0("<", opening, ">", paste(as_markup(parts[!is_attribute]), collapse = ""), closing))
}

markup <- function(text) structure(text, class = "markup")

as_markup <- function(x) {
  if (inherits(x, "markup")) return(unclass(x))
  if (is.list(x)) return(unlist(lapply(x, as_markup), use.names = FALSE))
  html_text(x)
}

#' Text as it stands in HTML, inside an element or an attribute
html_text <- function(x) {
  x <- plain_text(x)
  signs <- c("&" = "&amp;", "<" = "&lt;", ">" = "&gt;", '"' = "&quot;", "'" = "&#39;")
  for (sign in names(signs)) x <- gsub(sign, signs[[sign]], x, fixed = TRUE)
  x
}

#' Text that a page or a picture can hold: valid UTF-8 without control characters
plain_text <- function(x) {
  x <- iconv(enc2utf8(as.character(x)), "UTF-8", "UTF-8", sub = "?")
  gsub(DIRECTION_SIGNS, "", gsub("[[:cntrl:]]", " ", x))
}
