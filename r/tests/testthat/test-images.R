loadNamespace("Seurat")

visium <- function(cells, side) {
  n <- length(cells)
  new(
    getClass("VisiumV1", where = asNamespace("Seurat")),
    image = array(0, c(side, 900L, 3L)), spot.radius = 0.01, assay = "RNA", key = "slice_",
    scale.factors = Seurat::scalefactors(spot = 1, fiducial = 1, hires = 0.5, lowres = 0.1),
    coordinates = data.frame(
      tissue = 1L, row = seq_len(n), col = seq_len(n), imagerow = 10 * seq_len(n), imagecol = 20 * seq_len(n),
      row.names = cells
    )
  )
}

places <- function(object) answer(dataset_from(object), "getEmbedding", list(type = "images"))

test_that("cells of all images lie in the pixels of the image that is stored", {
  object <- small_object()
  cells <- rownames(object@meta.data)
  object@images <- list(high = visium(cells[1:50], side = 800L), low = visium(cells[51:79], side = 600L))
  result <- places(object)
  at <- function(cell) numbers(result[[object@meta.data$cells_id[cell] + 1L]])
  expect_equal(at(3), c(30, 60) * 0.5)
  expect_equal(at(52), c(20, 40) * 0.1)
})

test_that("a cell in no image has no place", {
  object <- small_object()
  cells <- rownames(object@meta.data)
  object@images <- list(slice = visium(cells[2:80], side = 800L))
  expect_null(places(object)[[object@meta.data$cells_id[1] + 1L]])
})

test_that("an image without scale factors keeps its coordinates", {
  object <- small_object()
  cells <- rownames(object@meta.data)
  spots <- data.frame(x = seq_along(cells), y = 2 * seq_along(cells), cell = cells)
  object@images <- list(fov = SeuratObject::CreateFOV(spots, type = "centroids", assay = "RNA", key = "fov_"))
  result <- places(object)
  expect_equal(numbers(result[[object@meta.data$cells_id[7] + 1L]]), c(7, 14))
})
