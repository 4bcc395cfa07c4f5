report_text <- function(facts) {
  folder <- withr::local_tempdir()
  page <- readChar(write_report(folder, facts), 1e8, useBytes = TRUE)
  Encoding(page) <- "UTF-8"
  page
}

#' The page of ordinary facts, drawn once
ordinary_page <- local({
  page <- NULL
  function() page <<- page %||% report_text(example_facts())
})

without_pictures <- function(page) gsub("base64,[A-Za-z0-9+/=]*", "base64,", page)

#' The texts of all elements of a name, tags inside them taken out
texts_of <- function(page, element) {
  found <- regmatches(page, gregexpr(sprintf("(?s)<%1$s[ >].*?</%1$s>", element), page, perl = TRUE))[[1L]]
  gsub("<[^>]*>", "", found)
}

cells_of_row <- function(page, name) {
  row <- regmatches(page, regexpr(sprintf("<tr><th scope=\"row\"><bdi>%s</bdi>.*?</tr>", name), page, perl = TRUE))
  texts_of(row, "td")
}

test_that("the page says what was kept, of what, and why the rest was not", {
  page <- without_pictures(ordinary_page())
  expect_identical(texts_of(page, "h1"), "Cells of two donors")
  summary <- "400 of 1,385 barcodes kept (28.9 %), from 2 samples, with 300 genes in 4 clusters (human)."
  expect_match(page, summary, fixed = TRUE)
  expect_identical(cells_of_row(page, "All")[1:6], c("1,385", "900", "30", "40", "15", "400"))
  expect_identical(cells_of_row(page, "Donor 1")[1:6], c("693", "450", "15", "20", "8", "200"))
  expect_false(grepl("many genes", page, fixed = TRUE))
  expect_match(page, "Gene names that came twice got their ids.", fixed = TRUE)
  expect_match(page, "<strong>filter</strong><span>70 cells outside of the bounds were left out.</span>", fixed = TRUE)
  expect_match(page, "<bdi>a/matrix.mtx.gz</bdi></th><td>48.2 MB</td><td>400</td>", fixed = TRUE)
  expect_match(page, "<th scope=\"row\">seed</th><td>42</td>", fixed = TRUE)
})

test_that("medians before are of all but the empty droplets", {
  facts <- example_facts()
  before <- facts$before
  page <- without_pictures(ordinary_page())
  medians <- unlist(lapply(c("counts", "genes", "mito"), function(metric) c(
    median(before[[metric]][before$reason != "empty droplet"]), median(before[[metric]][before$reason == "kept"])
  )))
  digits <- rep(c(0L, 0L, 1L), each = 2L)
  expect_identical(cells_of_row(page, "All")[7:12], unname(mapply(number, medians, digits)))
  expect_match(page, "all barcodes but those taken for empty droplets", fixed = TRUE)
})

test_that("the same facts give the same bytes, whatever the state of the random numbers", {
  set.seed(2)
  state <- .Random.seed
  expect_identical(report_text(example_facts()), ordinary_page())
  expect_identical(.Random.seed, state)
})

test_that("nothing leaves the machine: what the page needs is inside of it", {
  page <- ordinary_page()
  policy <- "content=\"default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;\""
  expect_match(page, policy, fixed = TRUE)
  sources <- regmatches(page, gregexpr("(src|href)=\"[^\"]{0,40}", page))[[1L]]
  expect_gt(length(sources), 5L)
  expect_true(all(startsWith(sources, "src=\"data:image/png;base64,iVBORw0KGgo")))
  expect_match(page, "base64,[A-Za-z0-9+/]{200,}={0,2}\" width")
  expect_false(grepl("<script|<link|<iframe|@import|url\\(|https?:", without_pictures(page)))
})

test_that("every picture says in numbers what it shows, and tables have headers with a scope", {
  page <- without_pictures(ordinary_page())
  images <- regmatches(page, gregexpr("<img[^>]*>", page))[[1L]]
  expect_length(images, 10L)
  expect_true(all(grepl("alt=\"[^\"]*[0-9][^\"]*\"", images)))
  expect_true(all(grepl("width=\"480\" height=\"[0-9]+\"", images)))
  headers <- regmatches(page, gregexpr("<th[ >][^>]*", page))[[1L]]
  expect_true(all(grepl("scope=\"(row|col|colgroup)\"", headers)))
  expect_match(page, "<html lang=\"en\">", fixed = TRUE)
})

test_that("whatever things are called, they are text", {
  facts <- example_facts()
  bad <- "<script>alert(\"1\")</script>"
  facts$name <- facts$species <- facts$source$format <- facts$source$warnings <- facts$options$layout <- bad
  facts$source$files[[1L]]$name <- facts$versions[["R"]] <- facts$genes$name[] <- bad
  levels(facts$clusters)[1L] <- bad
  levels(facts$samples)[1:2] <- levels(facts$before$sample)[1:2] <- c(bad, "a\n\u202e\u4e2d\u6587 \U1F9EC")
  levels(facts$before$reason)[3L] <- bad
  names(facts$notes) <- c(bad, bad)
  facts$notes[] <- bad
  page <- without_pictures(report_text(facts))
  expect_false(grepl("<script", page, fixed = TRUE))
  expect_match(page, "<h1><bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</bdi></h1>", fixed = TRUE)
  expect_true(validUTF8(page))
  expect_match(page, "<bdi>a \u4e2d\u6587 \U1F9EC</bdi>", fixed = TRUE)
})

test_that("options are marked where they are not as by default", {
  page <- without_pictures(ordinary_page())
  row_of <- function(class, name, value, remark) sprintf(
    "<tr class=\"%s\"><th scope=\"row\"><code>%s</code></th><td>%s</td><td>%s</td></tr>", class, name, value, remark
  )
  expect_match(page, row_of("changed", "resolution", "1.2", "changed from 0.8"), fixed = TRUE)
  expect_match(page, row_of("changed", "max_doublet_score", "0.5", "changed from none"), fixed = TRUE)
  expect_match(page, row_of("default", "max_mito", "20", "default"), fixed = TRUE)
  expect_match(page, row_of("default", "species", "none", "default"), fixed = TRUE)
  expect_identical(sum(gregexpr("<code>", page, fixed = TRUE)[[1L]] > 0L), length(IMPORT_DEFAULTS))
})

test_that("the defaults are those that Python tells users of", {
  path <- test_path("..", "..", "..", "python", "src", "tandem", "exchange", "options.py")
  skip_if_not(file.exists(path), "Python's sources are not here")
  lines <- readLines(path)
  fields <- regmatches(lines, regexec("^    ([a-z_]+): [^=]+ = (?:Field\\()?([^,)]+)", lines, perl = TRUE))
  fields <- Filter(function(field) length(field) && field[[2L]] != "model_config", fields)
  written <- vapply(fields, function(field) gsub("\"", "", field[[3L]]), "")
  ours <- vapply(IMPORT_DEFAULTS, option_text, "")
  names_in_r <- c(None = "none", True = "yes", False = "no")
  written <- ifelse(written %in% names(names_in_r), names_in_r[written], sub("\\.0$", "", written))
  expect_identical(stats::setNames(unname(written), vapply(fields, `[[`, "", 2L)), ours)
})

test_that("what was not computed is not shown", {
  facts <- example_facts(4L, 1L, 30L, integer())
  facts[c("layout", "clusters", "sdev", "name")] <- NULL
  facts$before$score <- facts$before$mito <- NA_real_
  facts$species <- NA
  facts$source <- list(format = "csv", files = list(), warnings = character())
  facts$genes$variable <- FALSE
  page <- without_pictures(report_text(facts))
  expect_identical(texts_of(page, "h1"), "two-donors")
  expect_match(page, "4 of 4 barcodes kept (100.0 %), from 1 sample, with 30 genes; not clustered.", fixed = TRUE)
  expect_identical(texts_of(page, "h2"), c("Samples", "Quality of the cells", "What was done", "How it was done"))
  expect_identical(texts_of(page, "h3")[1:3], c("Barcodes by their counts", "Counts", "Genes"))
  expect_identical(cells_of_row(page, "Donor 1")[c(1:2, 7:8)], c("4", "4", "\u2013", "\u2013"))
})

test_that("facts that do not fit together are refused, and leave no page", {
  folder <- withr::local_tempdir()
  facts <- example_facts()
  facts$layout <- facts$layout[-1L, ]
  expect_error(write_report(folder, facts), "nrow\\(facts\\$layout\\)")
  expect_identical(list.files(folder), character())
})
