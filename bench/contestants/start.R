# What a process does that holds an experiment in R's own memory, until it is ready to answer: the packages, the object,
# and the genes side by side. Usage: Rscript bench/contestants/start.R <r.rds>

suppressPackageStartupMessages(library(Seurat))
object <- readRDS(commandArgs(TRUE)[1L])
genes <- Matrix::t(object[["RNA"]]@data)
