#: Colours that are easy to tell apart, for the first sets of an experiment.
FIRST_COLOURS <- c(
  "#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33", "#cc6677", "#aaaa00", "#aa99cc",
  "#5577aa", "#ddbb77", "#88cc88", "#bb5588", "#66aaaa", "#cc9966", "#8888dd", "#dd7799", "#779944", "#aa7755"
)
#: How many colours an experiment has to give away.
POOL_SIZE <- 400L
#: Turning the hue by the golden angle never comes back to a hue it has given, in degrees.
GOLDEN_ANGLE <- 137.508

#' The colours that an object gives away: its own, else ours
pool_of <- function(object) object@misc$color_pool %||% colour_pool()

#' Distinct colours, the most distinct first
colour_pool <- function() {
  i <- seq_len(2L * POOL_SIZE)
  generated <- grDevices::hcl(
    h = (i * GOLDEN_ANGLE) %% 360,
    c = c(70, 50, 35)[i %% 3L + 1L],
    l = c(70, 58, 80, 46)[i %% 4L + 1L]
  )
  unique(c(FIRST_COLOURS, tolower(generated)))[seq_len(POOL_SIZE)]
}
