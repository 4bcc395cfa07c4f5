#: How a program ends that cannot be done with this data.
DATA_REFUSED <- 3L

#' Do what the command line asks: one of [import_experiment()], [export_parcel()] and [export_rds()], and its arguments
#'
#' What goes on is told on stdout, a JSON object a line. What a person should read when it cannot be done is the last of
#' them, `{"error": "..."}`.
#' @param arguments The function's name and its arguments.
#' @export
run_command <- function(arguments = commandArgs(TRUE)) {
  programs <- list(import_experiment = import_experiment, export_parcel = export_parcel, export_rds = export_rds)
  tryCatch(
    do.call(programs[[arguments[[1L]]]], as.list(arguments[-1L])),
    tandem_dataset_error = function(error) {
      tell(error = conditionMessage(error))
      quit("no", DATA_REFUSED)
    }
  )
}

#' Tell whoever runs this command something
tell <- function(...) cat(small_json(list(...)), "\n", sep = "")
