#: Every random step starts here, so that the same request gives the same bytes.
SEED <- 42L

#' Evaluate code from a fixed state of the random numbers, and put the caller's state back.
seeded <- function(code, seed = SEED) {
  before <- get0(".Random.seed", globalenv(), inherits = FALSE)
  on.exit(if (is.null(before)) rm(".Random.seed", envir = globalenv()) else assign(".Random.seed", before, globalenv()))
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  force(code)
}
