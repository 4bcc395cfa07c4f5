# The layout of the cells in an import's report, coloured by what is known of them.

#' The cells that are drawn: their places, cluster, sample and score; NULL where there is no layout
placed_cells <- function(facts, barcodes) {
  has_place <- which(rowSums(is.finite(facts$layout %||% matrix(0, 0L, 2L))) == 2L)
  if (!length(has_place)) return(NULL)
  drawn <- has_place[thinned(length(has_place))]
  of_barcodes <- which(barcodes$kept)[drawn]
  cells <- data.frame(
    x = facts$layout[drawn, 1L], y = facts$layout[drawn, 2L], row.names = NULL,
    sample = factor(barcodes$sample[of_barcodes], seq_along(barcodes$samples)), score = barcodes$score[of_barcodes]
  )
  cells$cluster <- droplevels(as.factor(facts$clusters))[drawn]
  structure(cells, remark = if (length(drawn) < length(has_place)) {
    sprintf(" Drawn: %s of %s cells.", number(length(drawn)), number(length(has_place)))
  })
}

embedding_pictures <- function(facts, barcodes) {
  cells <- placed_cells(facts, barcodes)
  if (is.null(cells)) return(NULL)
  colours <- report_colours(facts, barcodes)
  list(
    if (length(facts$clusters)) cluster_picture(cells, droplevels(as.factor(facts$clusters)), colours$clusters),
    sample_picture(cells, barcodes, colours$samples)
  )
}

embedding_plot <- function(cells, mapping) {
  ggplot2::ggplot(cells, ggplot2::aes(x, y)) +
    ggplot2::geom_point(mapping, size = point_size(nrow(cells)), stroke = 0, shape = 16) +
    report_theme() +
    ggplot2::theme(
      axis.text = ggplot2::element_blank(), axis.title = ggplot2::element_blank(),
      panel.grid.major = ggplot2::element_blank()
    )
}

cluster_picture <- function(cells, clusters, colours) {
  centres <- data.frame(
    x = as.numeric(tapply(cells$x, cells$cluster, middle)), y = as.numeric(tapply(cells$y, cells$cluster, middle)),
    label = short_name(levels(clusters))
  )
  sizes <- tabulate(clusters, nlevels(clusters))
  plot <- embedding_plot(cells, ggplot2::aes(colour = cluster)) +
    ggplot2::scale_colour_manual(values = colours, drop = FALSE, guide = "none", na.value = FAINT) +
    ggplot2::geom_label(
      data = centres[!is.na(centres$x), ], ggplot2::aes(label = label), colour = INK, fill = LABEL_GROUND, size = 3.4,
      label.size = 0, label.padding = grid::unit(2, "pt")
    )
  list(
    title = "Clusters", plot = plot, height = PICTURE_HEIGHT + 40L,
    alt = sprintf(
      "Layout of the cells by cluster: %s, from %s to %s cells. Largest: %s.",
      how_many(length(sizes), "cluster"), number(min(sizes)), number(max(sizes)),
      plain_text(levels(clusters)[which.max(sizes)])
    ),
    caption = paste0("The layout, by cluster, each labelled at its median.", attr(cells, "remark"))
  )
}

sample_picture <- function(cells, barcodes, colours) {
  n <- length(barcodes$samples)
  has_legend <- n <= MOST_IN_LEGEND
  guide <- if (has_legend) sample_legend() else "none"
  names <- short_name(barcodes$samples)
  sizes <- tabulate(barcodes$sample[barcodes$kept], n)
  list(
    title = "Samples", height = PICTURE_HEIGHT + 40L + if (has_legend) 16L * ((n - 1L) %/% LEGEND_COLUMNS) else 0L,
    plot = embedding_plot(cells, ggplot2::aes(colour = sample)) +
      ggplot2::scale_colour_manual(values = colours, labels = names, drop = FALSE, guide = guide),
    alt = sprintf(
      "Layout of the cells by sample: %s, from %s to %s cells.",
      how_many(n, "sample"), number(min(sizes)), number(max(sizes))
    ),
    caption = paste0(
      "The layout, by sample. Where samples lie apart within a cell type, think of integration.", attr(cells, "remark")
    )
  )
}

score_picture <- function(cells) {
  if (!any(is.finite(cells$score))) return(NULL)
  remark <- attr(cells, "remark")
  cells <- cells[order(cells$score, na.last = NA), ]
  list(
    title = "Doublet scores of the cells", height = PICTURE_HEIGHT + 40L,
    plot = embedding_plot(cells, ggplot2::aes(colour = score)) +
      ggplot2::scale_colour_gradient(low = "#d5dae2", high = STRONG, limits = c(0, max(cells$score, 1e-6))) +
      ggplot2::theme(legend.key.width = grid::unit(40, "pt"), legend.key.height = grid::unit(7, "pt")),
    alt = sprintf(
      "Layout of the cells by doublet score: median %s, highest %s.",
      number(middle(cells$score), 2L), number(max(cells$score), 2L)
    ),
    caption = paste0(
      "Scores of kept cells, the highest on top. A group that stands out may be doublets of two types.", remark
    )
  )
}
