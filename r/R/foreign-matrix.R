# Matrices of strangers, made anew from their bare numbers.

#: What can be read; every other class keeps its values elsewhere or is none.
MATRIX_CLASSES <- c("matrix", "dgCMatrix", "dgRMatrix", "dgTMatrix", "dgeMatrix")
#: How classes are called that keep their values outside of the object.
OUTSIDE_CLASSES <- "Delayed|HDF5|H5|TENx|Iterable|BPCells|RenameDims|MatrixDir|MatrixSubset|MatrixMultiply|BigMatrix|big"

is_outside <- function(class) grepl(OUTSIDE_CLASSES, class)

outside_sentence <- function(what, class) {
  sprintf(
    "%s is of class '%s', which keeps its values outside of the file. In R, put them into the object and save it anew: %s",
    what, class, "as(counts, \"dgCMatrix\")"
  )
}

#' A matrix as a dgCMatrix, checked by the class's own rules
#' @param what It, in words.
plain_matrix <- function(x, what) {
  class <- class_named(x)
  if (is_outside(class)) abort_foreign("%s", outside_sentence(what, class))
  if (!class %in% MATRIX_CLASSES) abort_foreign("%s is of class '%s', which cannot be read", what, class)
  part <- function(name) bare_numbers(part_of(x, name))
  size <- as.integer(part(if (class == "matrix") "dim" else "Dim"))
  values <- as.double(if (class == "matrix") bare_numbers(x) else part("x"))
  if (length(size) != 2L || anyNA(size) || any(size < 0L)) abort_foreign("%s has no size", what)
  is_dense <- class %in% c("matrix", "dgeMatrix")
  if (is_dense && length(values) != prod(size)) abort_foreign("%s does not have the values that its size says", what)
  made <- tryCatch(
    switch(class,
      dgCMatrix = methods::new("dgCMatrix", p = as.integer(part("p")), i = as.integer(part("i")), x = values, Dim = size),
      dgRMatrix = methods::as(
        methods::new("dgRMatrix", p = as.integer(part("p")), j = as.integer(part("j")), x = values, Dim = size),
        "CsparseMatrix"
      ),
      dgTMatrix = methods::as(
        methods::new("dgTMatrix", i = as.integer(part("i")), j = as.integer(part("j")), x = values, Dim = size),
        "CsparseMatrix"
      ),
      methods::as(matrix(values, size[1L], size[2L]), "dgCMatrix")
    ),
    error = function(e) abort_foreign("%s does not fit together (%s)", what, conditionMessage(e))
  )
  names <- if (class == "matrix") "dimnames" else "Dimnames"
  made@Dimnames <- lapply(1:2, function(margin) {
    along <- bare_text(bare_list(part_of(x, names))[margin][[1L]])
    if (length(along) == size[margin]) along
  })
  made
}
