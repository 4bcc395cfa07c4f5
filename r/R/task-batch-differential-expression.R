#' Several comparisons of cell sets, each as [run_differential_expression()] makes it
#'
#' `comparisons` name their `base` and `background` by place in `cellSets`, from 0, or the `problem` that keeps them
#' from it. One that cannot be made says so in place of its data, the log says why, and the others go on.
run_batch_differential_expression <- function(dataset, params) {
  compare <- comparison_of(params$comparisonType)
  sets <- lapply(check_list(params$cellSets, "cellSets"), check_ids, "cellSets")
  comparisons <- lapply(check_list(params$comparisons, "comparisons"), check_comparison, length(sets))

  sides <- lapply(seq_along(comparisons), function(i) or_nothing(i, sides_in(dataset, sets, comparisons[[i]])))
  compare_all <- if (identical(compare, compare_cells)) compare_cells_together else compare_samples_in_turn
  lapply(compare_all(dataset, sides), function(table) if (is.null(table)) no_data() else table_answer(table))
}

no_data <- function() list(total = scalar(0L), data = scalar("No data available for this comparison"))

check_comparison <- function(comparison, n_sets) {
  check_list(comparison, "comparisons")
  problem <- check_string(comparison$problem, "problem", optional = TRUE)
  if (!is.null(problem)) return(list(problem = problem))
  list(
    base = check_count(comparison$base, "base", max = n_sets - 1L),
    background = check_count(comparison$background, "background", max = n_sets - 1L)
  )
}

sides_in <- function(dataset, sets, comparison) {
  if (!is.null(comparison$problem)) abort_input(comparison$problem)
  sides_of(dataset, sets[[comparison$base + 1L]], sets[[comparison$background + 1L]])
}

#' The value, or NULL and a line in the log where a comparison of the batch fails
or_nothing <- function(i, code) {
  tryCatch(code, error = function(e) {
    log_warning("Comparison %s of the batch cannot be made: %s", paste(i, collapse = ", "), conditionMessage(e))
    NULL
  })
}

#' Report the comparisons of a batch one by one; those that cannot be made count as done
counted <- function(sides) {
  done <- sum(vapply(sides, is.null, NA))
  function() {
    done <<- done + 1L
    progress("Comparing cell sets", done, length(sides))
  }
}

compare_samples_in_turn <- function(dataset, sides) {
  count <- counted(sides)
  lapply(seq_along(sides), function(i) {
    if (is.null(sides[[i]])) return(NULL)
    on.exit(count())
    or_nothing(i, compare_samples(dataset, sides[[i]]))
  })
}

#' Wilcoxon's tests of every comparison, with one pass over the matrix for all that compare the same cells
compare_cells_together <- function(dataset, sides) {
  count <- counted(sides)
  tables <- vector("list", length(sides))
  for (pass in passes_over(sides)) {
    groups <- pass$groups
    statistics <- or_nothing(pass$comparisons, group_statistics(dataset, groups, max(groups), ranks = TRUE))
    for (i in pass$comparisons) {
      groups_on <- function(side) unique(groups[sides[[i]] == side])
      if (!is.null(statistics)) {
        table <- or_nothing(i, cell_table(dataset, statistics, groups_on(BASE), groups_on(BACKGROUND)))
        tables[i] <- list(table)
      }
      count()
    }
  }
  tables
}

#: Most groups of cells that one pass tells apart: their codes fit a byte, and their statistics memory.
MOST_GROUPS <- 255L

#' Passes that serve all comparisons: which ones each serves, and the group of every cell (0 for none)
#'
#' Comparisons of the same cells share a pass. Its groups are the cells that are on the same side in each of them.
passes_over <- function(sides) {
  ready <- which(!vapply(sides, is.null, NA))
  compared <- vapply(sides[ready], function(side) rlang::hash(side > 0L), "")
  passes <- list()
  for (alike in split(ready, factor(compared, unique(compared)))) {
    pass <- NULL
    for (i in alike) {
      finer <- refined(pass$groups, sides[[i]])
      if (!is.null(pass) && max(finer) > MOST_GROUPS) {
        passes <- c(passes, list(pass))
        pass <- NULL
        finer <- refined(NULL, sides[[i]])
      }
      pass <- list(comparisons = c(pass$comparisons, i), groups = finer)
    }
    passes <- c(passes, list(pass))
  }
  passes
}

#' Groups divided by side
refined <- function(groups, sides) {
  parts <- if (is.null(groups)) sides else 2L * groups - (sides == BASE)
  match(parts, sort(unique(parts[sides > 0L])), nomatch = 0L)
}

register_task("BatchDifferentialExpression", run_batch_differential_expression)
