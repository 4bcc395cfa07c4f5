#: How a value may compare with a threshold, and the sign that stands for it in a name.
COMPARISONS <- c(greaterThan = ">", lessThan = "<")

#' A new set of the cells whose expression meets every condition
#'
#' Values and thresholds are compared as 32-bit floats, as which expression is kept and shown: what is shown as 0.7 is
#' not greater than 0.7.
expression_cell_set <- function(dataset, params) {
  conditions <- Map(
    check_condition, check_list(params$genesConfig, "genesConfig", min_length = 1L),
    sprintf("genesConfig[%d]", seq_along(params$genesConfig) - 1L)
  )
  name <- paste(vapply(conditions, condition_text, ""), collapse = ", ")
  key <- check_string(params$key, "key", optional = TRUE) %||% name

  genes <- match(vapply(conditions, `[[`, "", "gene"), dataset$genes$name)
  if (anyNA(genes)) abort_no_cells("Requested ExpressionCellSet with gene name(s) that are not present.")
  met <- Map(function(column, condition) meets(column, condition, dataset$n_cells),
             expression_of(dataset, genes), conditions)
  cell_ids <- sort(dataset$cells_id[Reduce(`&`, met)])
  if (!length(cell_ids)) abort_no_cells("No cells match requested filters.")
  list(
    key = scalar(key), name = scalar(name), rootNode = scalar(FALSE),
    color = scalar(colour_for(key, pool_of(dataset$object))), cellIds = cell_ids
  )
}

check_condition <- function(condition, field) {
  check_list(condition, field)
  list(
    gene = check_string(condition$geneName, paste0(field, ".geneName")),
    sign = COMPARISONS[[
      check_string(condition$comparisonType, paste0(field, ".comparisonType"), choices = names(COMPARISONS))
    ]],
    threshold = check_number(condition$thresholdValue, paste0(field, ".thresholdValue"))
  )
}

#' A condition as a person writes it, such as G1>0.5
condition_text <- function(condition) {
  paste0(condition$gene, condition$sign, format(condition$threshold, digits = 15L, scientific = 15L))
}

#' Which cells meet a condition; those whose value is not stored have none
meets <- function(column, condition, n_cells) {
  values <- numeric(n_cells)
  values[column$cell + 1L] <- as_float32(column$value)
  match.fun(condition$sign)(values, as_float32(condition$threshold))
}

#' Numbers rounded to what a 32-bit float can hold
as_float32 <- function(x) readBin(writeBin(as.double(x), raw(), size = 4L), "double", n = length(x), size = 4L)

#' A colour of the pool, always the same for the same key
colour_for <- function(key, pool) pool[[sum(utf8ToInt(key)) %% length(pool) + 1L]]

abort_no_cells <- function(message) abort_task("R_WORKER_EMPTY_CELL_SET", message)

register_task("getExpressionCellSet", expression_cell_set)
