# The counts of a parcel some cells at a time, so that no more of them is in memory than must be.

#: How many entries are read at once: 48 MB of them as a sparse matrix.
BLOCK_ENTRIES <- 4e6

#' The first and the last cell of each block
cell_blocks <- function(starts) {
  n <- length(starts) - 1L
  first <- which(!duplicated(starts[seq_len(n)] %/% BLOCK_ENTRIES))
  data.frame(first = first, last = c(first[-1L] - 1L, n))
}

#' Call `use(matrix, places)` for one block of the parcel after another
#' @param cells Which cells, ascending; a block's matrix has only those, and `places` says where they stand in `cells`.
#' @return A list of what `use` gave.
over_blocks <- function(parcel, cells, use) {
  blocks <- cell_blocks(parcel$starts$counts)
  lapply(seq_len(nrow(blocks)), function(i) {
    places <- which(cells >= blocks$first[[i]] & cells <= blocks$last[[i]])
    if (!length(places)) return(NULL)
    matrix <- parcel_cells(parcel, "counts", blocks$first[[i]], blocks$last[[i]])
    if (length(places) < ncol(matrix)) matrix <- matrix[, cells[places] - blocks$first[[i]] + 1L, drop = FALSE]
    found <- use(matrix, places)
    matrix <- NULL
    if (nrow(blocks) > 1L) {
      gc() # R would let much of it lie
      tell_parts(i, nrow(blocks))
    }
    found
  })
}

#' Write some cells of a parcel as a layer
#' @param change What is done with the counts before, block by block.
#' @param folder The experiment's, with its store.
write_parcel_cells <- function(parcel, cells, genes, folder, layer, change = identity) {
  entries <- sum(diff(parcel$starts$counts)[cells])
  if (entries > .Machine$integer.max) {
    abort_dataset(sprintf(
      "These %s cells have %s counts above zero, and one experiment can hold %s. Import fewer samples together.",
      with_commas(length(cells)), with_commas(entries), with_commas(.Machine$integer.max)
    ))
  }
  pieces <- over_blocks(parcel, cells, function(matrix, places) {
    matrix <- change(matrix)
    list(p = matrix@p, i = matrix@i, x = matrix@x, genes = seq_len(nrow(matrix)), cells = places)
  })
  write_part(file.path(folder, "store"), paste0(layer, ".layer"), function(path) {
    write_layer(Filter(Negate(is.null), pieces), path, genes, length(cells), NO_SOURCE)
  })
}

#' Some cells of a parcel as two sparse matrices, genes x cells, that share the places of their entries
#' @return `counts` and `data`.
parcel_matrices <- function(parcel, cells, dimnames) {
  sizes <- diff(parcel$starts$counts)[cells]
  ends <- cumsum(sizes)
  i <- integer(sum(sizes))
  x <- data <- numeric(sum(sizes))
  over_blocks(parcel, cells, function(matrix, places) {
    entries <- seq.int(to = ends[[places[[length(places)]]]], length.out = length(matrix@i))
    i[entries] <<- matrix@i
    x[entries] <<- matrix@x
    data[entries] <<- normalised(matrix)@x
    NULL
  })
  counts <- methods::new("dgCMatrix")
  counts@Dim <- lengths(dimnames)
  counts@Dimnames <- dimnames
  counts@p <- as.integer(c(0, ends))
  counts@i <- i
  values <- counts
  counts@x <- x
  values@x <- data
  list(counts = counts, data = values)
}

open_layer <- function(folder, layer) layer_open(file.path(folder, "store", paste0(layer, ".layer")))
