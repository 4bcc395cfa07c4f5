# What R's container is told besides: an analysis that wants too much memory, and one of the known ones that takes long.

register_task("allocate", function(dataset, params) {
  list(allocated = length(numeric(params$megabytes * 125000)) / 125000)
})

register_task("getDoubletScore", function(dataset, params) {
  Sys.sleep(15)
  list(1)
})
