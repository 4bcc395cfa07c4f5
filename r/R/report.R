# What an import did, as one page that asks nothing of any network.

#: The page may show the pictures and the style it carries, and do nothing else.
REPORT_POLICY <- "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
#: The two reasons with a meaning of their own; every other is just one why a cell was left out.
KEPT <- "kept"
EMPTY_DROPLET <- "empty droplet"

#' Write `report.html`, with which a person judges whether an import was sensible
#'
#' The same facts give the same bytes.
#' @param folder The experiment's folder.
#' @param facts `id`, `name`, `species`, `source` (`format`, `files`, `warnings`), `options`, `versions`, `notes` (a
#'   sentence for each step), `before` (a row for each barcode: `sample`, `counts`, `genes`, `mito`, `score`, `reason`),
#'   and of the kept cells `sdev`, `layout`, `clusters`, `samples`; `genes` (`name`, `mean`, `variance.standardized`,
#'   `variable`).
write_report <- function(folder, facts) {
  check_facts(facts)
  page <- enc2utf8(paste0("<!doctype html>\n", report_page(facts), "\n"))
  put_in_place(file.path(folder, "report.html"), function(beside) writeBin(charToRaw(page), beside))
  invisible(file.path(folder, "report.html"))
}

check_facts <- function(facts) {
  n_kept <- sum(facts$before$reason == KEPT)
  stopifnot(
    is.data.frame(facts$before), is.factor(facts$before$reason), !anyNA(facts$before$reason),
    is.null(facts$layout) || (nrow(facts$layout) == n_kept && ncol(facts$layout) == 2L),
    is.null(facts$clusters) || length(facts$clusters) == n_kept,
    is.data.frame(facts$genes)
  )
}

report_page <- function(facts) {
  barcodes <- barcodes_of(facts)
  tag("html",
    lang = "en",
    tag("head",
      tag("meta", charset = "utf-8"),
      tag("meta", `http-equiv` = "Content-Security-Policy", content = REPORT_POLICY),
      tag("meta", name = "viewport", content = "width=device-width, initial-scale=1"),
      tag("meta", name = "color-scheme", content = "light dark"),
      tag("title", paste(facts$name %||% facts$id, "- import report")),
      tag("style", markup(report_style()))
    ),
    tag("body",
      tag("header",
        tag("p", class = "kind", "Import report"),
        tag("h1", tag("bdi", facts$name %||% facts$id)),
        tag("p", class = "summary", summary_of(facts, barcodes))
      ),
      tag("main",
        warnings_of(facts$source),
        report_section("Samples", sample_table(barcodes), sample_notes(barcodes)),
        report_section("Quality of the cells", figures(quality_pictures(facts, barcodes))),
        report_section("Structure", figures(structure_pictures(facts, barcodes))),
        report_section("What was done", steps_of(facts$notes)),
        report_section("How it was done", tag("div",
          class = "columns", tag("div", options_table(facts$options)),
          tag("div", files_table(facts$source), versions_table(facts$versions))
        ))
      )
    )
  )
}

#' The barcodes in columns, each with its sample's number among `samples` and what became of it
#'
#' `rows` has the places of each sample's barcodes.
barcodes_of <- function(facts) {
  before <- facts$before
  samples <- union(levels(facts$samples), as.character(unique(before$sample)))
  samples <- samples[samples %in% before$sample]
  sample <- match(before$sample, samples)
  list(
    samples = samples, sample = sample, rows = unname(split(seq_along(sample), factor(sample, seq_along(samples)))),
    reason = before$reason, kept = before$reason == KEPT, is_droplet = before$reason != EMPTY_DROPLET,
    counts = before$counts, genes = before$genes, mito = before$mito, score = before$score
  )
}

report_style <- function() {
  paste(readLines(system.file("report", "report.css", package = "tandem"), encoding = "UTF-8"), collapse = "\n")
}

summary_of <- function(facts, barcodes) {
  n_kept <- sum(barcodes$kept)
  n_clusters <- nlevels(droplevels(as.factor(facts$clusters)))
  species <- if (isTRUE(is.na(facts$species))) NULL else facts$species
  paste0(
    sprintf("%s of %s kept (%s)", number(n_kept), how_many(length(barcodes$kept), "barcode"),
            percent(n_kept / length(barcodes$kept))),
    ", from ", how_many(length(barcodes$samples), "sample"), ", with ", how_many(nrow(facts$genes), "gene"),
    if (length(facts$clusters)) paste(" in", how_many(n_clusters, "cluster")) else "; not clustered",
    if (is.null(species)) "" else paste0(" (", species, ")"), "."
  )
}

warnings_of <- function(source) {
  if (!length(source$warnings)) return(NULL)
  tag("section",
    class = "warnings", tag("h2", "Please look at"),
    tag("ul", lapply(as.character(unlist(source$warnings)), function(warning) tag("li", warning)))
  )
}

report_section <- function(title, ...) {
  parts <- Filter(length, list(...))
  if (length(parts)) tag("section", tag("h2", title), parts)
}

#' The pictures there are, each with its heading and a sentence on how to read it
figures <- function(pictures) {
  pictures <- Filter(length, pictures)
  if (!length(pictures)) return(NULL)
  tag("div", class = "figures", lapply(pictures, function(picture) {
    tag("figure",
      tag("h3", picture$title),
      tag("img",
        src = paste0("data:image/png;base64,", picture_base64(picture)),
        width = PICTURE_WIDTH, height = picture$height, alt = picture$alt
      ),
      tag("figcaption", picture$caption)
    )
  }))
}

steps_of <- function(notes) {
  if (!length(notes)) return(NULL)
  tag("ol", class = "steps", Map(function(step, sentence) {
    tag("li", tag("strong", step), tag("span", sentence))
  }, names(notes), as.character(notes), USE.NAMES = FALSE))
}

#' Numbers as people write them
number <- function(x, digits = 0L) {
  ifelse(is.na(x), "\u2013", formatC(x, format = "f", digits = digits, big.mark = ","))
}

percent <- function(share) paste(number(100 * share, 1L), "%")

how_many <- function(n, noun) paste0(number(n), " ", noun, if (n != 1L) "s")
