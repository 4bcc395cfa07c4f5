# What costs much and belongs to one content of the dataset's file is kept in the experiment's folder. Nothing depends
# on it: what is damaged, of another content or cannot be written is as good as not there.

#: How many values of one name are kept; those written first go first.
MOST_KEPT <- 20L
#: Age at which a half-written value is taken for one whose writer died, in seconds.
ABANDONED_AGE <- 3600

#' A value kept in the experiment's folder, computed where it is not there
#' @param name What it is, in letters.
#' @param key Everything that it depends on besides the dataset.
#' @param compute A function without arguments that makes the value.
kept <- function(dataset, name, key, compute) {
  folder <- file.path(dataset$store, "kept")
  prefix <- paste(dataset$checksum, name, "", sep = "-")
  path <- file.path(folder, paste0(prefix, rlang::hash(key), ".rds"))
  found <- read_kept(path)
  if (!is.null(found)) return(found$value)
  value <- compute()
  suppressWarnings(try(silent = TRUE, {
    dir.create(folder, recursive = TRUE, showWarnings = FALSE)
    put_in_place(path, function(beside) write_kept(value, beside))
    sweep_kept(folder, dataset$checksum, prefix)
  }))
  value
}

# R itself reads a file with a few wrong bytes without a word, hence the hash.
write_kept <- function(value, path) {
  bytes <- serialize(list(value = value), NULL, xdr = FALSE)
  saveRDS(list(bytes = bytes, hash = rlang::hash(bytes)), path, compress = FALSE)
}

read_kept <- function(path) {
  if (!file.exists(path)) return(NULL)
  suppressWarnings(tryCatch(
    {
      stored <- readRDS(path)
      if (identical(rlang::hash(stored$bytes), stored$hash)) unserialize(stored$bytes)
    },
    error = function(e) NULL
  ))
}

#' Remove what was kept of other contents of the dataset's file, and the oldest where there are many
sweep_kept <- function(folder, checksum, prefix) {
  paths <- list.files(folder, full.names = TRUE)
  age <- as.numeric(difftime(Sys.time(), file.mtime(paths), units = "secs"))
  half <- endsWith(paths, ".tmp")
  others <- !half & !startsWith(basename(paths), checksum)
  same_name <- which(!half & startsWith(basename(paths), prefix))
  surplus <- utils::tail(same_name[order(age[same_name])], -MOST_KEPT)
  unlink(paths[c(which(others | half & age > ABANDONED_AGE), surplus)])
}
