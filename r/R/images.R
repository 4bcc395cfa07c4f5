#: A tissue image with a side of at most so many pixels is the low-resolution one.
LOW_RESOLUTION_SIDE <- 600L

#' Where the cells lie in their tissue images, one row a cell
tissue_coordinates <- function(dataset) {
  images <- part_of(dataset$object, "images")
  if (!length(images)) {
    abort_task("R_WORKER_EMBEDDING_NOT_FOUND", "No tissue image is stored for this experiment.")
  }
  coordinates <- do.call(rbind, unname(lapply(images, image_coordinates)))
  coordinates[match(rownames(dataset$object@meta.data), rownames(coordinates)), , drop = FALSE]
}

#' Cells of one image, in its pixels; without scale factors (Xenium) as they are
image_coordinates <- function(image) {
  coordinates <- raw_coordinates(image)
  factors <- part_of(image, "scale.factors")
  if (is.null(factors)) return(coordinates)
  is_low <- any(dim(part_of(image, "image"))[1:2] <= LOW_RESOLUTION_SIDE)
  coordinates * factors[[if (is_low) "lowres" else "hires"]]
}

raw_coordinates <- function(image) {
  spots <- part_of(image, "coordinates")
  if (!is.null(spots)) return(as.matrix(spots[, c("imagerow", "imagecol")]))
  centroids <- part_of(image, "boundaries")$centroids
  coordinates <- part_of(centroids, "coords")
  rownames(coordinates) <- part_of(centroids, "cells")
  coordinates
}
