# Matrices of strangers, made anew from their bare numbers.

#: What can be read; every other class keeps its values elsewhere or is none.
MATRIX_CLASSES <- c("matrix", "dgCMatrix", "dgRMatrix", "dgTMatrix", "dgeMatrix")
#: How classes are called that keep their values outside of the object.
OUTSIDE_CLASSES <- "Delayed|HDF5|H5|TENx|Iterable|BPCells|RenameDims|MatrixDir|MatrixSubset|MatrixMultiply|[Bb]ig"

is_outside <- function(class) grepl(OUTSIDE_CLASSES, class)

outside_sentence <- function(what, class) {
  sprintf(
    "%s is of class '%s', which keeps its values outside of the file. In R, put them into the object, %s, and save it",
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
  sparse <- function(...) methods::new(class, ..., x = values, Dim = size)
  index <- function(name) as.integer(part(name))
  made <- tryCatch(
    switch(class,
      dgCMatrix = sparse(p = index("p"), i = index("i")),
      dgRMatrix = methods::as(sparse(p = index("p"), j = index("j")), "CsparseMatrix"),
      dgTMatrix = methods::as(sparse(i = index("i"), j = index("j")), "CsparseMatrix"),
      as_sparse(matrix(values, size[1L], size[2L]), "counts")
    ),
    error = function(e) {
      if (grepl("allocate", conditionMessage(e))) stop(e)
      abort_foreign("%s does not fit together: its parts are not those of a '%s'", what, class)
    }
  )
  names <- bare_list(part_of(x, if (class == "matrix") "dimnames" else "Dimnames"))
  made@Dimnames <- lapply(1:2, function(margin) {
    along <- bare_text(names[margin][[1L]])
    if (length(along) == size[margin]) along
  })
  made
}
