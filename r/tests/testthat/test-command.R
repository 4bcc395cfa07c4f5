test_that("as a program it prints the reason for a person and ends with a status of its own", {
  parcel <- parcel_from(small_counts())
  run <- processx::run(
    file.path(R.home("bin"), "Rscript"),
    c("-e", "tandem::run_command()", "import_experiment", parcel, tempfile(), import_request()),
    error_on_status = FALSE, env = c("current", R_LIBS = paste(.libPaths(), collapse = ":"))
  )
  expect_identical(run$status, 3L)
  last <- tail(strsplit(run$stdout, "\n")[[1]], 1L)
  expect_match(jsonlite::fromJSON(last)$error, "have fewer than 200 genes. Give another --min-genes.$")
})
