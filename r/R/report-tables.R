# The tables of an import's report.

#: What an import does where nobody says otherwise; Python's ImportOptions has the same.
IMPORT_DEFAULTS <- list(
  species = NULL, empty_droplets = "auto", min_genes = 200L, max_genes = NULL, min_counts = NULL, max_counts = NULL,
  max_mito = 20, doublets = TRUE, max_doublet_score = NULL, normalisation = "log", variable_genes = 2000L,
  components = 30L, integration = "none", clustering = "leiden", resolution = 0.8, layout = "umap"
)
#: What is told of each cell by its median: the digits worth showing, by name.
MEDIAN_DIGITS <- c(counts = 0L, genes = 0L, mito = 1L)

#' A row a sample: its barcodes, why they were left out, and the medians before and after
sample_table <- function(barcodes) {
  reasons <- setdiff(levels(droplevels(barcodes$reason)), KEPT)
  rows <- lapply(barcodes$rows, function(rows) sample_row(barcodes, rows, reasons))
  if (length(rows) > 1L) rows <- c(rows, list(sample_row(barcodes, seq_along(barcodes$sample), reasons)))
  names <- c(barcodes$samples, "All")[seq_along(rows)]
  medians <- c("Median counts", "Median genes", "Median % mito")
  head <- tag("thead",
    tag("tr",
      heading("Sample", rowspan = 2), heading("Barcodes", rowspan = 2),
      if (length(reasons)) heading("Left out", colspan = length(reasons), scope = "colgroup", class = "group"),
      heading("Kept", rowspan = 2),
      lapply(medians, heading, colspan = 2, scope = "colgroup", class = "group")
    ),
    tag("tr", lapply(c(reasons, rep(c("before", "after"), length(medians))), heading))
  )
  body <- Map(function(name, row) {
    tag("tr", tag("th", scope = "row", tag("bdi", name)), lapply(row, function(cell) tag("td", cell)))
  }, names, rows, USE.NAMES = FALSE)
  scrolling("Barcodes and cells of each sample", tag("table", class = "numbers", head, tag("tbody", body)))
}

#' The cells of a row, as text
sample_row <- function(barcodes, rows, reasons) {
  reason <- barcodes$reason[rows]
  found <- tabulate(reason, nlevels(reason))[match(reasons, levels(reason))]
  kept <- rows[barcodes$kept[rows]]
  met <- rows[barcodes$is_droplet[rows]]
  medians <- lapply(names(MEDIAN_DIGITS), function(metric) {
    values <- barcodes[[metric]]
    number(c(middle(values[met]), middle(values[kept])), MEDIAN_DIGITS[[metric]])
  })
  c(number(c(length(rows), found, length(kept))), unlist(medians))
}

middle <- function(x) stats::median(x, na.rm = TRUE)

sample_notes <- function(barcodes) {
  if (all(barcodes$is_droplet)) return(NULL)
  tag("p", class = "note", "Here and below, \u201cbefore\u201d means all barcodes but those taken for empty droplets.")
}

heading <- function(text, scope = "col", ...) tag("th", scope = scope, ..., text)

#' A table that may be wider than the page, to be moved by keys too
scrolling <- function(label, table) {
  tag("div", class = "scrolling", role = "region", `aria-label` = label, tabindex = "0", table)
}

#' Each option that a person can set, dim where it is as by default
options_table <- function(options) {
  rows <- lapply(names(IMPORT_DEFAULTS), function(name) {
    is_default <- identical(option_text(options[[name]]), option_text(IMPORT_DEFAULTS[[name]]))
    remark <- if (!is_default) paste("changed from", option_text(IMPORT_DEFAULTS[[name]])) else "default"
    tag("tr",
      class = if (is_default) "default" else "changed",
      tag("th", scope = "row", tag("code", name)), tag("td", option_text(options[[name]])), tag("td", remark)
    )
  })
  titled_table("Options", c("Option", "Value", "Remark"), rows)
}

option_text <- function(value) {
  if (is.null(value) || !length(value)) return("none")
  if (is.logical(value)) return(if (value) "yes" else "no")
  paste(format(unlist(value), trim = TRUE, digits = 15L, scientific = FALSE), collapse = ", ")
}

files_table <- function(source) {
  rows <- lapply(source$files, function(file) {
    tag("tr",
      tag("th", scope = "row", tag("bdi", file$name)),
      tag("td", bytes_text(file$bytes)), tag("td", number(file$cells %||% NA))
    )
  })
  titled_table(paste("Read from:", source$format), c("File", "Size", "Cells"), rows, class = "numbers")
}

bytes_text <- function(bytes) {
  if (is.null(bytes)) return(number(NA))
  power <- if (bytes < 1000) 0 else min(floor(log10(bytes) / 3), 4)
  paste(number(bytes / 1000^power, if (power) 1L else 0L), c("bytes", "kB", "MB", "GB", "TB")[power + 1])
}

versions_table <- function(versions) {
  values <- c(versions, seed = SEED)
  rows <- Map(function(name, version) {
    tag("tr", tag("th", scope = "row", name), tag("td", version))
  }, names(values), as.character(values), USE.NAMES = FALSE)
  list(
    titled_table("Versions and seed", c("Part", "Version"), rows),
    tag("p", class = "note", "Random steps are seeded: the same input, options and versions give the same result.")
  )
}

titled_table <- function(title, columns, rows, class = NULL) {
  if (!length(rows)) return(NULL)
  list(tag("h3", title), scrolling(title, tag("table",
    class = class, tag("thead", tag("tr", lapply(columns, heading))), tag("tbody", rows)
  )))
}
