test_that("the scratch folder is private and that of a dead service is swept", {
  root <- withr::local_tempdir()
  dead <- file.path(root, "tandem-1-dead")
  dir.create(dead)
  file.create(file.path(dead, "lock"))
  own <- open_scratch(root)
  expect_false(dir.exists(dead))
  expect_equal(format(file.info(own)$mode), "700")
})

test_that("the folder of a living service stays", {
  root <- withr::local_tempdir()
  first <- open_scratch(root)
  second <- open_scratch(root)
  expect_true(all(dir.exists(c(first, second))))
})

test_that("a folder that cannot be written is named", {
  expect_error(suppressWarnings(open_scratch("/proc/nowhere")), "/proc/nowhere cannot be written; set TANDEM_SCRATCH")
})
