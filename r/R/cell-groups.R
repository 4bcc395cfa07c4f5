# Sets of cells, which may overlap, as one code a cell: what group_statistics() counts by.

#: How many numbers a matrix genes x codes may have (128 MB).
BLOCK_SIZE <- 2^24

#' The sets of a class of cell sets, checked
#'
#' @param class `{key, name, children: [{key, name, cellIds}]}`, as the request has it.
#' @param field The name of the request's field, for errors.
#' @return `key` and `name` of each set, and its `cells`: places in the dataset, from 1, each once. Ids of cells that
#'   the dataset does not hold are left out, so a set may be empty.
read_cell_sets <- function(dataset, class, field) {
  children <- unname(check_list(check_list(class, field)[["children"]], paste0(field, ".children")))
  fields <- sprintf("%s.children[%d]", field, seq_along(children) - 1L)
  Map(check_list, children, fields)
  part <- function(name, check) {
    unname(Map(function(child, field) check(child[[name]], paste0(field, ".", name)), children, fields))
  }
  list(
    key = as.character(unlist(part("key", check_string))),
    name = as.character(unlist(part("name", check_string))),
    cells = cell_places(dataset, part("cellIds", check_ids))
  )
}

#' Where in the dataset the cells of each list of ids are
cell_places <- function(dataset, ids) {
  place_of <- integer(max(dataset$cells_id) + 1)
  place_of[dataset$cells_id + 1L] <- seq_len(dataset$n_cells)
  lapply(ids, function(ids) {
    places <- place_of[ids[ids < length(place_of)] + 1L]
    unique(places[places > 0L])
  })
}

#' The sets that hold a cell; given places, they hold no others
non_empty <- function(sets, within = NULL) {
  if (!is.null(within)) sets$cells <- lapply(sets$cells, intersect, within)
  filled <- lengths(sets$cells) > 0L
  lapply(sets, `[`, filled)
}

#' Give each cell a code for the combination of sets that it is in, 0 where it is in none
#'
#' @param cells For each set its places in the dataset, each once.
#' @return `codes`, one a cell; `n`, how many there are; `of_set`: for each set, the codes whose cells make it up.
group_codes <- function(cells, n_cells) {
  codes <- integer(n_cells)
  combinations <- list()
  for (set in seq_along(cells)) {
    before <- codes[cells[[set]]]
    met <- unique(before)
    codes[cells[[set]]] <- length(combinations) + match(before, met)
    combinations <- c(combinations, lapply(met, function(code) c(if (code > 0L) combinations[[code]], set)))
  }
  used <- which(tabulate(codes, length(combinations)) > 0L)
  combinations <- combinations[used]
  sets <- factor(unlist(combinations), levels = seq_along(cells))
  list(
    codes = match(codes, used, nomatch = 0L),
    n = length(used),
    of_set = unname(split(rep(seq_along(used), lengths(combinations)), sets))
  )
}

#' Statistics of genes over sets of cells: a cell counts in each set that it is in
#'
#' @param genes Indices into `dataset$genes`.
#' @param ... What else [group_statistics()] is asked for.
#' @param block_size Genes x codes beyond it are done in blocks of genes, so that memory stays bounded.
#' @inheritParams group_codes
#' @return As [group_statistics()], with a column a set. All cells that are in a set are ranked together.
set_statistics <- function(dataset, cells, genes = seq_len(dataset$n_genes), ..., block_size = BLOCK_SIZE) {
  groups <- group_codes(cells, dataset$n_cells)
  parts <- lapply(blocks_of(genes, max(1, block_size %/% groups$n)), function(genes) {
    found <- group_statistics(dataset, groups$codes, groups$n, genes, ...)
    lapply(found[names(found) != "cells"], function(x) if (is.matrix(x)) sum_columns(x, groups$of_set) else x)
  })
  joined <- do.call(Map, c(function(...) if (is.matrix(..1)) rbind(...) else c(...), parts))
  c(list(cells = lengths(cells)), joined)
}

#' A column for each group of columns: their sum
sum_columns <- function(matrix, groups) {
  sums <- lapply(groups, function(columns) rowSums(matrix[, columns, drop = FALSE]))
  matrix(unlist(sums), nrow(matrix), length(groups))
}
