lines_of <- function(code) lapply(utils::capture.output(invisible(code)), jsonlite::fromJSON)

test_that("steps are numbered among those that are taken, in their order", {
  plan_steps(c("layout", "read"))
  told <- lines_of({
    read <- take_step("read", { tell_parts(1, 2); note_step("%d barcodes.", 5L); note_step("All good."); "found" })
    filtered <- take_step("filter", stop("not planned"), otherwise = "as before")
    take_step("layout", NULL)
  })
  expect_identical(c(read, filtered), c("found", "as before"))
  expect_identical(vapply(told, `[[`, "", "step"), c("read", "read", "read", "layout", "layout"))
  expect_identical(told[[1]][c("label", "number", "of", "state")], list(
    label = "Reading the counts", number = 1L, of = 2L, state = "begins"
  ))
  expect_identical(told[[2]][c("state", "done", "parts")], list(state = "progress", done = 1L, parts = 2L))
  expect_identical(told[[3]]$note, "5 barcodes. All good.")
  expect_identical(told[[4]]$number, 2L)
})

test_that("a plan begins anew", {
  plan_steps("read")
  lines_of(take_step("read", note_step("once")))
  plan_steps("read")
  expect_length(import_steps$notes, 0L)
  expect_length(import_steps$seconds, 0L)
})
