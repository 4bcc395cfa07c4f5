# The pictures of an import's report. Each is a list: `title`, `plot`, `height`, `alt` (what it shows, in numbers) and
# `caption` (how to read it).

#: Every picture is so wide, in the pixels of the page, and drawn with twice as many; its height is its own.
PICTURE_WIDTH <- 480L
PICTURE_SCALE <- 2L
PICTURE_HEIGHT <- 360L
#: Colours that read well on white, and on black with their lightness turned around.
INK <- "#3d4451"
FAINT <- "#b4bac4"
ACCENT <- "#2f6f9f"
STRONG <- "#7a1fa2"
LABEL_GROUND <- "#ffffffcc"
#: Of more cells than this, some are drawn.
MOST_POINTS <- 60000L
#: Ranks drawn in a knee plot, over all samples, and for each of them at least.
KNEE_POINTS <- 4000L
FEWEST_KNEE_POINTS <- 60L
#: More samples than this have a panel each; a legend names no more.
MOST_IN_PANEL <- 8L
MOST_IN_LEGEND <- 48L
LEGEND_COLUMNS <- 3L
#: Names in pictures are cut at this many letters.
LONGEST_NAME <- 22L
LONGEST_IN_PANEL <- 14L
LABELLED_GENES <- 10L

#' A picture's bytes as PNG, in base64
picture_base64 <- function(picture) {
  if (!capabilities("cairo")) stop("R was built without cairo, which draws the pictures of the report.", call. = FALSE)
  path <- tempfile(fileext = ".png")
  on.exit(unlink(path))
  grDevices::png(
    path, PICTURE_SCALE * PICTURE_WIDTH, PICTURE_SCALE * picture$height, res = PICTURE_SCALE * 72L, type = "cairo",
    bg = "transparent"
  )
  tryCatch(print(picture$plot), finally = grDevices::dev.off())
  gsub("\n", "", jsonlite::base64_enc(readBin(path, "raw", file.size(path))), fixed = TRUE)
}

quality_pictures <- function(facts, barcodes) {
  colours <- report_colours(facts, barcodes)$samples
  c(
    list(knee_picture(barcodes, colours)), violin_pictures(barcodes, facts$options),
    list(score_picture(placed_cells(facts, barcodes)))
  )
}

structure_pictures <- function(facts, barcodes) {
  c(embedding_pictures(facts, barcodes), list(elbow_picture(facts), gene_picture(facts$genes)))
}

#' The colours that clusters and samples have in the experiment itself
report_colours <- function(facts, barcodes) {
  n_clusters <- nlevels(droplevels(as.factor(facts$clusters)))
  n_samples <- length(barcodes$samples)
  pool <- rep_len(colour_pool(), n_clusters + n_samples)
  list(clusters = utils::head(pool, n_clusters), samples = utils::tail(pool, n_samples))
}

report_theme <- function() {
  ggplot2::theme_minimal(base_size = 13) + ggplot2::theme(
    text = ggplot2::element_text(colour = INK),
    axis.text = ggplot2::element_text(colour = INK),
    strip.text = ggplot2::element_text(colour = INK, hjust = 0),
    panel.grid.minor = ggplot2::element_blank(),
    panel.grid.major = ggplot2::element_line(colour = "#e4e7eb", linewidth = 0.3),
    legend.position = "bottom", legend.title = ggplot2::element_blank(),
    legend.key.size = grid::unit(11, "pt"), legend.text = ggplot2::element_text(size = 10),
    plot.margin = ggplot2::margin(4, 18, 4, 4)
  )
}

sample_legend <- function() ggplot2::guide_legend(override.aes = list(size = 3), ncol = LEGEND_COLUMNS)

#' A name as it fits into a picture
short_name <- function(names, longest = LONGEST_NAME) {
  names <- plain_text(names)
  is_long <- nchar(names) > longest
  ifelse(is_long, paste0(substr(names, 1L, longest - 1L), "\u2026"), names)
}

#' Which of many to draw: all, or some chosen at random but always the same
thinned <- function(n, most = MOST_POINTS) {
  seeded(sample.int(n, min(n, most)))
}

#' Points that are smaller where there are more
point_size <- function(n) max(0.5, min(2.4, 80 / sqrt(max(n, 1L))))

#' Places of marks on a logarithmic axis, in powers of 10: the finer, the less it spans
log_breaks <- function(range) {
  if (diff(range) < 0.8) return(log10(Filter(function(x) x > 0, pretty(10^range, 4L))))
  powers <- seq(floor(range[1L]), ceiling(range[2L]))
  between <- if (diff(range) > 3) 1 else if (diff(range) > 1.5) c(1, 3) else c(1, 2, 5)
  sort(as.numeric(outer(powers, log10(between), `+`)))
}

log_labels <- function(breaks) {
  vapply(signif(10^breaks, 3L), format, "", big.mark = ",", scientific = FALSE)
}

log_axis <- function(scale, title) {
  scale(title, breaks = log_breaks, labels = log_labels, guide = ggplot2::guide_axis(check.overlap = TRUE))
}

#' The counts of each sample's barcodes, from the highest to the lowest
knee_picture <- function(barcodes, colours) {
  n_samples <- length(barcodes$samples)
  points <- max(FEWEST_KNEE_POINTS, KNEE_POINTS %/% n_samples)
  curves <- do.call(rbind, lapply(seq_len(n_samples), function(i) {
    of_sample <- barcodes$rows[[i]]
    of_sample <- of_sample[order(barcodes$counts[of_sample], decreasing = TRUE)]
    rank <- unique(round(10^seq(0, log10(length(of_sample)), length.out = points)))
    chosen <- of_sample[rank]
    data.frame(sample = i, x = log10(rank), y = log10(pmax(barcodes$counts[chosen], 1)), kept = barcodes$kept[chosen])
  }))
  in_panels <- n_samples > MOST_IN_PANEL
  names <- short_name(barcodes$samples, if (in_panels) LONGEST_IN_PANEL else LONGEST_NAME)
  curves$sample <- factor(curves$sample, seq_len(n_samples))
  lines <- curves[duplicated(curves$sample) | duplicated(curves$sample, fromLast = TRUE), ]
  plot <- ggplot2::ggplot(curves, ggplot2::aes(x, y, group = sample)) +
    ggplot2::geom_line(data = lines, colour = FAINT, linewidth = 0.3) +
    ggplot2::geom_point(data = curves[!curves$kept, ], colour = FAINT, size = 0.8) +
    log_axis(ggplot2::scale_x_continuous, "rank of the barcode") +
    log_axis(ggplot2::scale_y_continuous, "counts") + report_theme()
  kept <- curves[curves$kept, ]
  plot <- if (in_panels || n_samples == 1L) {
    plot + ggplot2::geom_point(data = kept, colour = ACCENT, size = 1)
  } else {
    plot + ggplot2::geom_point(data = kept, ggplot2::aes(colour = sample), size = 1) +
      ggplot2::scale_colour_manual(values = colours, labels = names, drop = FALSE, guide = sample_legend())
  }
  if (in_panels) {
    plot <- plot + ggplot2::facet_wrap(
      ggplot2::vars(sample), ncol = 4L, labeller = ggplot2::as_labeller(function(i) names[as.integer(i)])
    ) + ggplot2::theme(strip.text = ggplot2::element_text(size = 8), axis.text = ggplot2::element_text(size = 8))
  }
  lowest <- if (any(barcodes$kept)) min(barcodes$counts[barcodes$kept]) else NA
  list(
    title = "Barcodes by their counts", plot = plot,
    height = if (in_panels) 60L + 105L * ceiling(n_samples / 4) else PICTURE_HEIGHT,
    alt = sprintf(
      "Knee plot: counts of %s barcodes by rank, from %s down to %s; %s are kept, the lowest with %s counts.",
      number(length(barcodes$counts)), number(max(barcodes$counts)), number(min(barcodes$counts)),
      number(sum(barcodes$kept)), number(lowest)
    ),
    caption = "Coloured: kept. Grey: left out. Cells stand above the knee, empty droplets below it."
  )
}

#' How much each component tells, and how many were used
elbow_picture <- function(facts) {
  if (length(facts$sdev) < 2L) return(NULL)
  components <- data.frame(x = seq_along(facts$sdev), y = facts$sdev)
  used <- min(facts$options$components %||% length(facts$sdev), length(facts$sdev))
  plot <- ggplot2::ggplot(components, ggplot2::aes(x, y)) +
    ggplot2::geom_vline(xintercept = used, colour = STRONG, linetype = "22") +
    ggplot2::annotate("text", used, max(facts$sdev), label = paste(used, "used "), hjust = 1, colour = STRONG) +
    ggplot2::geom_line(colour = FAINT) + ggplot2::geom_point(colour = ACCENT, size = 1.6) +
    ggplot2::scale_x_continuous("component") + ggplot2::scale_y_continuous("standard deviation", limits = c(0, NA)) +
    report_theme()
  list(
    title = "Components", plot = plot, height = PICTURE_HEIGHT,
    alt = sprintf(
      "Elbow plot: the standard deviation falls from %s at component 1 to %s at component %d; %d are used.",
      number(facts$sdev[1L], 1L), number(facts$sdev[length(facts$sdev)], 1L), length(facts$sdev), used
    ),
    caption = "Components to the right of the bend hold little but noise; those used should reach beyond it."
  )
}

#' How much genes vary against how much they are expressed
gene_picture <- function(genes) {
  genes <- genes[is.finite(genes$variance.standardized) & genes$mean > 0, ]
  if (!any(genes$variable %in% TRUE)) return(NULL)
  points <- data.frame(x = log10(genes$mean), y = genes$variance.standardized, variable = genes$variable %in% TRUE)
  variable <- which(points$variable)
  top <- variable[utils::head(order(points$y[variable], decreasing = TRUE), LABELLED_GENES)]
  labels <- data.frame(points[top, ], name = short_name(genes$name[top]))
  labels$at <- spread(labels$y, 0.045 * max(points$y))
  labels$side <- as.numeric(labels$x > stats::quantile(range(points$x), 0.8))
  gap <- 0.02 * diff(range(points$x)) * ifelse(labels$side == 1, -1, 1)
  labels$beside <- labels$x + gap
  plot <- ggplot2::ggplot(points, ggplot2::aes(x, y)) +
    ggplot2::geom_point(data = points[!points$variable, ], colour = FAINT, size = 0.5) +
    ggplot2::geom_point(data = points[points$variable, ], colour = ACCENT, size = 0.7) +
    ggplot2::geom_segment(
      data = labels, ggplot2::aes(xend = beside, yend = at), colour = INK, linewidth = 0.3
    ) +
    ggplot2::geom_label(
      data = labels, ggplot2::aes(beside, at, label = name, hjust = side), colour = INK, fill = LABEL_GROUND,
      size = 3.2, label.size = 0, label.padding = grid::unit(1, "pt")
    ) +
    log_axis(ggplot2::scale_x_continuous, "mean counts a cell") +
    ggplot2::scale_y_continuous("standardised variance") + report_theme()
  list(
    title = "Variable genes", plot = plot, height = PICTURE_HEIGHT,
    alt = sprintf(
      "Standardised variance of %s genes by mean; %s are chosen as variable, the highest being %s.",
      number(nrow(points)), number(length(variable)), paste(plain_text(genes$name[top]), collapse = ", ")
    ),
    caption = "Blue: the genes that components are computed from. Those that vary most should tell cell types apart."
  )
}

#' Move heights apart that are in descending order, until none is nearer to its neighbour than the gap
spread <- function(heights, gap) {
  for (i in seq_along(heights)[-1L]) heights[i] <- min(heights[i], heights[i - 1L] - gap)
  heights
}
