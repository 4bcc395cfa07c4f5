# How counts, genes, mitochondrial share and doublet scores are spread in each sample, before and after.

#: A half of a violin is at most this high; rows are 1 apart.
HALF_HEIGHT <- 0.44
DENSITY_POINTS <- 256L
#: A violin is smoothed over this share of all values at least, so that equal values still have a width.
LEAST_BANDWIDTH <- 0.01
#: A row of violins in pixels: at most, at least, and what all of them share, while there is room.
HIGHEST_ROW <- 84L
LOWEST_ROW <- 24L
ROWS_HEIGHT <- 300L
AXIS_HEIGHT <- 62L

#: What is drawn: a metric, its title, its axis, whether that is logarithmic, the options that bound it, and its digits.
VIOLINS <- list(
  list("counts", "Counts", "counts of a barcode", TRUE, c("min_counts", "max_counts"), 0L),
  list("genes", "Genes", "genes found in a barcode", TRUE, c("min_genes", "max_genes"), 0L),
  list("mito", "Mitochondrial counts", "% of counts in mitochondrial genes", FALSE, "max_mito", 1L),
  list("score", "Doublet scores", "doublet score", FALSE, "max_doublet_score", 2L)
)

violin_pictures <- function(barcodes, options) {
  lapply(VIOLINS, function(violin) {
    names(violin) <- c("metric", "title", "axis", "is_log", "bounds", "digits")
    violin_picture(barcodes, violin, applied_bounds(barcodes[[violin$metric]][barcodes$kept], options[violin$bounds]))
  })
}

#' The bounds that held: those of an import that kept all the cells its author had chosen did not
applied_bounds <- function(kept, bounds) {
  holds <- function(name) {
    all(if (startsWith(name, "min_")) kept >= bounds[[name]] else kept <= bounds[[name]], na.rm = TRUE)
  }
  bounds <- Filter(length, bounds)
  as.numeric(unlist(bounds[vapply(names(bounds), holds, NA)]))
}

violin_picture <- function(barcodes, violin, bounds) {
  values <- barcodes[[violin$metric]]
  met <- barcodes$is_droplet & is.finite(values)
  if (!any(met)) return(NULL)
  if (violin$is_log) {
    values <- log10(pmax(values, 1))
    bounds <- log10(bounds[bounds > 0])
  }
  span <- diff(range(values[met]))
  least <- LEAST_BANDWIDTH * if (span > 0) span else max(values[met], 1)
  n <- length(barcodes$samples)
  drawn <- lapply(seq_len(n), function(i) {
    rows <- barcodes$rows[[i]]
    rows <- rows[met[rows]]
    violin_of(values[rows], barcodes$kept[rows], n + 1L - i, least)
  })
  halves <- do.call(rbind, lapply(drawn, `[[`, "halves"))
  medians <- do.call(rbind, lapply(drawn, `[[`, "medians"))
  list(
    title = violin$title, plot = violin_plot(halves, medians, bounds, barcodes$samples, violin),
    height = AXIS_HEIGHT + as.integer(n * max(LOWEST_ROW, min(HIGHEST_ROW, ROWS_HEIGHT / n))),
    alt = violin_alt(medians, bounds, barcodes$samples, violin),
    caption = paste0(
      "Grey, above: before. Blue, below: after, to the same scale. Ticks: medians.",
      if (length(bounds)) " Dashed: the bounds."
    )
  )
}

#' The outlines of one sample's violin around a height: all values above it, those that were kept below
violin_of <- function(values, kept, height, least) {
  if (!length(values)) return(NULL)
  extent <- range(values)
  is_constant <- diff(extent) == 0
  width <- if (is_constant) least else max(least, stats::bw.nrd0(values))
  if (is_constant) extent <- pmax(extent + c(-2, 2) * width, 0)
  density_of <- function(x) {
    if (!length(x)) return(rep(0, DENSITY_POINTS))
    length(x) * stats::density(x, width, n = DENSITY_POINTS, from = extent[1L], to = extent[2L])$y
  }
  x <- seq(extent[1L], extent[2L], length.out = DENSITY_POINTS)
  before <- density_of(values)
  after <- density_of(values[kept])
  outline <- function(when, y) {
    data.frame(
      when, group = paste(when, height), x = c(x, rev(x)),
      y = height + HALF_HEIGHT * c(y / max(before), numeric(DENSITY_POINTS))
    )
  }
  list(
    halves = rbind(outline("before", before), outline("after", -after)),
    medians = data.frame(
      when = c("before", "after"), row = height, x = c(middle(values), middle(values[kept])),
      end = height + HALF_HEIGHT * c(0.6, -0.6)
    )
  )
}

violin_plot <- function(halves, medians, bounds, samples, violin) {
  n <- length(samples)
  label_of <- function(x) number(if (violin$is_log) 10^x else x, if (violin$metric == "score") 2L else 0L)
  scale <- if (violin$is_log) log_axis(ggplot2::scale_x_continuous, violin$axis) else
    ggplot2::scale_x_continuous(violin$axis)
  ggplot2::ggplot(halves, ggplot2::aes(x, y)) +
    ggplot2::geom_polygon(ggplot2::aes(group = group, fill = when)) +
    ggplot2::geom_segment(
      data = medians[!is.na(medians$x), ], ggplot2::aes(x, row, xend = x, yend = end), colour = "#11151c"
    ) +
    ggplot2::annotate("segment", bounds, 0.5, xend = bounds, yend = n + 0.5, colour = STRONG, linetype = "22") +
    ggplot2::annotate("text", bounds, n + 0.5, label = label_of(bounds), colour = STRONG, size = 3.4, vjust = -0.4) +
    ggplot2::scale_fill_manual(values = c(before = FAINT, after = ACCENT), guide = "none") + scale +
    ggplot2::scale_y_continuous(
      NULL, breaks = rev(seq_len(n)), labels = short_name(samples), limits = c(0.5, n + 0.5), expand = c(0, 0.1)
    ) +
    ggplot2::coord_cartesian(clip = "off") + report_theme() +
    ggplot2::theme(panel.grid.major.y = ggplot2::element_blank(), plot.margin = ggplot2::margin(16, 12, 4, 4))
}

violin_alt <- function(medians, bounds, samples, violin) {
  written <- function(x) number(if (violin$is_log) 10^x else x, violin$digits)
  middles <- split(medians$x, factor(medians$when, c("before", "after")))
  told <- if (length(samples) > MOST_IN_PANEL) {
    ends <- vapply(middles, function(x) paste(written(range(x, na.rm = TRUE)), collapse = " to "), "")
    paste("from", ends, names(middles))
  } else {
    names <- plain_text(samples[length(samples) + 1L - medians$row[medians$when == "before"]])
    sprintf("%s %s before, %s after", names, written(middles$before), written(middles$after))
  }
  paste0(
    "Violins of ", violin$axis, " in ", how_many(length(samples), "sample"), ". Medians: ",
    paste(told, collapse = "; "), ".",
    if (length(bounds)) sprintf(" Bounds: %s.", paste(written(bounds), collapse = " and "))
  )
}
