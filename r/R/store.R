# The store of an experiment, beside its r.rds: what analyses read, in a form that is opened instead of loaded.
#
#   data.layer, counts.layer   expression gene by gene, mapped into memory (src/layer.h)
#   object.rds                 metadata, reductions, genes: see slim_object()
#   graphs.rds                 neighbour graphs, apart because they are large and seldom wanted
#   manifest.json              written last: what it was made of, and the size and checksum of each file

#: Another number makes every store be built anew.
STORE_VERSION <- 2L

#' Find the store of a dataset, or make it when it is not there, is of another `r.rds` or is damaged
#'
#' One process at a time looks and makes; others at the same folder wait, and then find what was made.
#' @param path The dataset's `r.rds`.
#' @param build Called with `path`, `folder` and `checksum` to make it.
#' @param spare Where it is made when it cannot be written beside the data.
#' @return `folder`, and the `checksum` of `r.rds`.
prepare_store <- function(path, build = build_store, spare = file.path(tempdir(), "store")) {
  checksum <- tryCatch(checksum_of_file(path, threads()), error = function(e) abort_dataset(conditionMessage(e)))
  places <- c(file.path(dirname(path), "store"), spare)
  for (folder in places) {
    is_new <- !file.exists(folder)
    made <- tryCatch(alone_in(folder, {
      fault <- store_fault(folder, checksum)
      if (!is.null(fault)) {
        if (!is_new) log_info("The store %s is made anew: %s", folder, fault)
        build(path, folder, checksum)
      }
      folder
    }), tandem_store_error = function(e) {
      if (folder == spare) abort_dataset(conditionMessage(e))
      log_warning("The store cannot be kept beside the data (%s), so it is made at every start.", conditionMessage(e))
      NULL
    })
    if (!is.null(made)) return(list(folder = folder, checksum = checksum))
  }
}

#' Evaluate code while no other process does so for the folder; one that cannot be locked keeps nobody out
alone_in <- function(folder, code) {
  dir.create(folder, showWarnings = FALSE)
  lock <- lock_folder(folder)
  if (lock >= 0L) on.exit(close_channel(lock))
  force(code)
}

#' Why a store cannot be used, in words, or NULL when it is sound
store_fault <- function(folder, checksum) {
  manifest <- tryCatch(
    suppressWarnings(jsonlite::read_json(file.path(folder, "manifest.json"), simplifyVector = TRUE)),
    error = function(e) NULL
  )
  if (!is.list(manifest)) return("it has no manifest")
  if (!identical(manifest$version, STORE_VERSION)) return("it is of another version")
  if (!identical(manifest$source, checksum)) return("r.rds is another one now")
  files <- manifest$files
  is_table <- is.data.frame(files) && all(c("name", "bytes", "checksum") %in% names(files))
  if (!is_table) return("its manifest names no files")
  missing <- setdiff(c("data.layer", "object.rds", "graphs.rds"), files$name)
  if (length(missing)) return(sprintf("its manifest names no %s", missing[[1L]]))
  for (i in seq_along(files$name)) {
    path <- file.path(folder, files$name[[i]])
    if (!isTRUE(file.size(path) == files$bytes[[i]])) return(sprintf("%s is cut short or gone", files$name[[i]]))
    found <- tryCatch(checksum_of_file(path, threads()), error = function(e) NULL)
    if (!identical(found, files$checksum[[i]])) return(sprintf("%s is damaged", files$name[[i]]))
  }
  unnamed <- setdiff(layer_files(folder), files$name)
  if (length(unnamed)) sprintf("%s is not of it", unnamed[[1L]])
}

#' Make the store of an `r.rds`
build_store <- function(path, folder, checksum) {
  object <- read_seurat(path)
  if (checksum_of_file(path, threads()) != checksum) abort_dataset(sprintf("%s changed while it was read.", path))
  write_store(object, folder, checksum)
}

#' Write the store of a Seurat object, each file whole
#' @param checksum That of the `r.rds` which holds the object.
write_store <- function(object, folder, checksum) {
  writing(dir.create(folder, showWarnings = FALSE) || dir.exists(folder) || stop("there is no folder ", folder))
  assay <- rna_assay(object)
  cells <- rownames(object@meta.data)
  genes <- gene_table(object@misc$gene_annotations, gene_names_of(assay))
  pieces <- rna_pieces(assay, genes$input, cells)
  # Those of another r.rds, which may have had more layers, and what was half written when its writer was killed.
  unlink(file.path(folder, c(layer_files(folder), list.files(folder, "[.]tmp$"))))
  for (layer in names(pieces)) {
    write_part(folder, paste0(layer, ".layer"), function(path) {
      write_layer(pieces[[layer]], path, genes$input, length(cells), checksum)
    })
  }
  complete_store(object, genes, folder, checksum)
}

#' Write what belongs to the layers that are in a store's folder, the manifest last
complete_store <- function(object, genes, folder, checksum) {
  names <- layer_files(folder)
  layers <- open_layers(folder, sub("[.]layer$", "", names), checksum)
  write_part(folder, "object.rds", function(path) save_whole(slim_object(object, genes, layers), path))
  write_part(folder, "graphs.rds", function(path) save_whole(plain_graphs(object), path))
  write_part(folder, "manifest.json", function(path) {
    write_manifest(folder, c(names, "object.rds", "graphs.rds"), checksum, path)
  })
  invisible(folder)
}

#' Write beside the file and rename, so that nobody reads half of it
put_in_place <- function(path, write) {
  beside <- paste0(path, ".", Sys.getpid(), ".tmp")
  on.exit(unlink(beside))
  write(beside)
  if (!file.rename(beside, path)) abort_dataset(sprintf("%s could not be put in place.", path))
}

#' Save a value without compression
#'
#' To R it is no error when the disk has no room for the last bytes, which it writes while it closes the file.
save_whole <- function(value, path) {
  file <- file(path, "wb")
  written <- tryCatch(
    {
      saveRDS(value, file)
      seek(file)
    },
    finally = close(file)
  )
  if (!isTRUE(file.size(path) == written)) stop("the disk has no room left", call. = FALSE)
}

#' Put a file of the store in place; what goes wrong is the store's trouble, not the data's
write_part <- function(folder, name, write) writing(put_in_place(file.path(folder, name), write))

writing <- function(code) {
  tryCatch(suppressWarnings(code), error = function(e) {
    if (inherits(e, "tandem_dataset_error")) stop(e)
    stop(structure(class = c("tandem_store_error", "error", "condition"), list(message = conditionMessage(e))))
  })
}

#' Write one layer out of the pieces that [layer_pieces()] gives
write_layer <- function(pieces, path, genes, n_cells, checksum) {
  tryCatch(
    layer_write(pieces, path, length(genes), n_cells, checksum, threads()),
    `std::invalid_argument` = function(e) {
      gene <- genes[[as.integer(conditionMessage(e))]]
      abort_dataset(sprintf("Gene %s has a value that is no finite number (NaN or infinite).", gene))
    }
  )
}

write_manifest <- function(folder, names, checksum, path) {
  paths <- file.path(folder, names)
  sums <- vapply(paths, checksum_of_file, "", threads(), USE.NAMES = FALSE)
  files <- data.frame(name = names, bytes = file.size(paths), checksum = sums)
  manifest <- list(version = STORE_VERSION, source = checksum, files = files)
  jsonlite::write_json(manifest, path, auto_unbox = TRUE, pretty = TRUE, digits = NA)
}

#' Open the layers of a store by name; each must be made of the `r.rds` with that checksum
open_layers <- function(folder, names, checksum) {
  layers <- lapply(file.path(folder, paste0(names, ".layer")), layer_open)
  is_own <- vapply(layers, function(layer) layer_facts(layer)$source == checksum, NA)
  if (!all(is_own)) abort_dataset(sprintf("The store %s was made anew of another r.rds while it was read.", folder))
  stats::setNames(layers, names)
}

#: The layers an experiment may have.
LAYERS <- c("counts", "data")

layer_files <- function(folder) intersect(paste0(LAYERS, ".layer"), list.files(folder))

stored_layers <- function(store) {
  open_layers(store$folder, sub("[.]layer$", "", layer_files(store$folder)), store$checksum)
}

#' The graphs of an object in a form that needs nothing of Seurat, so that reading them does not wait for it
plain_graphs <- function(object) {
  graphs <- Filter(function(graph) inherits(graph, "Matrix"), as.list(part_of(object, "graphs")))
  lapply(graphs, function(graph) methods::as(as_sparse(graph, "graphs"), "dgCMatrix"))
}

#' A graph that came with the experiment, cells x cells in the dataset's order, or NULL where there is none of that name
#' with all of its cells
stored_graph <- function(dataset, name) {
  loadNamespace("Matrix") # where it is not loaded, the first look at a matrix sees no names and no dimensions
  graph <- readRDS(file.path(dataset$store, "graphs.rds"))[[name]]
  cells <- rownames(dataset$object@meta.data)
  if (!setequal(rownames(graph), cells)) return(NULL)
  if (identical(rownames(graph), cells)) graph else graph[cells, cells]
}
