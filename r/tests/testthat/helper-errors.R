#' Print what an error tells its reader, for snapshots that are the same under every version of testthat.
complain <- function(code) {
  tryCatch({ code; cat("(no error)") }, error = function(error) cat(conditionMessage(error)))
}
