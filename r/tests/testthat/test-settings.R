test_that("everything comes from the environment", {
  withr::local_envvar(
    TANDEM_DATA = "/some/data", TANDEM_R_PORT = "4123", TANDEM_CHILDREN = "3",
    EXPERIMENT_ID = "e1", DEBUG_STEP = "", TANDEM_DEBUG_DIR = NA
  )
  settings <- service_settings()
  expect_equal(settings$port, 4123L)
  expect_equal(settings$children, 3L)
  expect_equal(settings$experiment, "e1")
  expect_equal(settings$debug_dir, "/some/data/debug")
  expect_null(settings$debug_step)
})

test_that("a number that is none is refused with the variable's name", {
  withr::local_envvar(TANDEM_R_PORT = "http")
  expect_error(service_settings(), "TANDEM_R_PORT must be a whole number from 1 on, not 'http'.", fixed = TRUE)
})

test_that("the experiment is read from a pod's labels once they are there", {
  labels <- withr::local_tempfile()
  expect_null(labelled_experiment(labels))
  writeLines('type="worker"', labels)
  expect_null(labelled_experiment(labels))
  writeLines(c('type="worker"', 'experimentId="abc-1"'), labels)
  expect_equal(labelled_experiment(labels), "abc-1")
})
