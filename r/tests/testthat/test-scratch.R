test_that("a service's folder is private and that of a dead one is swept", {
  root <- withr::local_tempdir()
  dead <- file.path(root, "tandem-1-dead")
  dir.create(dead)
  file.create(file.path(dead, "lock"))
  own <- open_private(root, "TMPDIR")
  expect_false(dir.exists(dead))
  expect_equal(format(file.info(own)$mode), "700")
})

test_that("the folder of a living service stays", {
  root <- withr::local_tempdir()
  first <- open_private(root, "TMPDIR")
  second <- open_private(root, "TMPDIR")
  expect_true(all(dir.exists(c(first, second))))
})

test_that("a folder that is just being opened is not taken for a dead service's", {
  root <- withr::local_tempdir()
  done <- file.path(root, "done")
  opening <- parallel::mcparallel(tryCatch(
    dir.exists(replicate(200, open_private(root, "TMPDIR"))), finally = file.create(done)
  ))
  while (!file.exists(done)) sweep_private(root)
  expect_equal(parallel::mccollect(opening)[[1]], rep(TRUE, 200))
})

test_that("a folder that cannot be written is named", {
  expect_error(suppressWarnings(open_scratch("/proc/nowhere")), "/proc/nowhere cannot be written; set TANDEM_SCRATCH")
})

register_task("many", function(dataset, params) numeric(1e6))

test_that("an answer that does not fit is an error, the service lives and has its room back", {
  service <- local_service(scratch = small_memory())
  room <- free_bytes(service$scratch)
  for (request in list(c("flood", '{"megabytes":3}'), c("many", "{}"))) {
    answer <- ask(service, "POST", paste0("/v0/", request[[1]]), request[[2]])
    expect_equal(answer$status, 507L)
    expect_equal(answer$json$error_code, "R_WORKER_SCRATCH_FULL")
    expect_match(answer$json$user_message, "TANDEM_SCRATCH")
    expect_equal(free_bytes(service$scratch), room)
  }
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$status, 200L)
})

test_that("a folder that others fill ends the requests, running or new, and serves again when there is room", {
  service <- local_service(scratch = small_memory())
  release <- withr::local_tempfile()
  running <- capture_value(send(service, "POST", "/v0/wait", small_json(list(path = release))))
  wait_until(service, length(processes_of(service$current$pid)) == 1L)
  filler <- fill(service$scratch)
  file.create(release)
  wait_until(service, !is.null(running$response))
  expect_equal(running$response$json$error_code, "R_WORKER_SCRATCH_FULL")
  fill(service$scratch)
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$json$error_code, "R_WORKER_SCRATCH_FULL")
  expect_length(list.files(file.path(service$scratch, c("requests", "answers"))), 0L)
  unlink(filler)
  expect_equal(ask(service, "POST", "/v0/sleep", '{"seconds":0}')$status, 200L)
})

test_that("an outcome without room is an empty file, and read as such", {
  folder <- small_memory()
  fill(folder)
  write_outcome(list(content_type = "application/json"), folder)
  expect_equal(read_outcome(folder)$code, "R_WORKER_SCRATCH_FULL")
  expect_setequal(list.files(folder), c("filler", "outcome"))
  expect_null(read_outcome(withr::local_tempdir()))
})

test_that("a folder goes whole, whoever is about to write into it", {
  root <- withr::local_tempdir()
  folders <- file.path(root, seq_len(300))
  for (folder in folders) dir.create(folder)
  writer <- parallel::mcparallel(for (folder in folders) {
    while (dir.exists(folder)) try(suppressWarnings(write_outcome(list(code = "LATE"), folder)), silent = TRUE)
  })
  for (folder in folders) remove_at_once(folder)
  parallel::mccollect(writer)
  expect_equal(list.files(root), character())
})
