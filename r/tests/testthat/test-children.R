work_in <- function(work) {
  folder <- withr::local_tempdir()
  pid <- fork("tandem-test", folder, work)
  death <- NULL
  while (is.null(death)) {
    Sys.sleep(0.002)
    death <- reap_process(pid)
  }
  death
}

test_that("a child's exit and its signal are told apart", {
  expect_equal(work_in(function() NULL), c(exit = 0L, signal = NA))
  expect_equal(work_in(function() exit_process(7L)), c(exit = 7L, signal = NA))
  expect_equal(work_in(function() tools::pskill(Sys.getpid(), 11L)), c(exit = NA, signal = 11L))
})

test_that("a child's sleep neither spins nor runs the parent's timers", {
  ran <- withr::local_tempfile()
  later::later(function() cat("x", file = ran), 0.05)
  out <- withr::local_tempfile()
  work_in(function() {
    before <- proc.time()
    Sys.sleep(0.3)
    saveRDS(proc.time() - before, out)
  })
  expect_false(file.exists(ran))
  time <- readRDS(out)
  expect_gt(time[["elapsed"]], 0.25)
  expect_lt(time[["user.self"]] + time[["sys.self"]], 0.1)
  later::run_now(0.2)
})

test_that("a child's temporary files are in its own folder", {
  out <- withr::local_tempfile()
  work_in(function() saveRDS(c(tempfile(), Sys.getenv("TMPDIR")), out))
  paths <- readRDS(out)
  expect_equal(dirname(paths[[1]]), file.path(paths[[2]], "tmp"))
})

test_that("what a child leaves running dies with it", {
  pid_file <- withr::local_tempfile()
  work_in(function() system(sprintf("sleep 60 & echo $! > %s", pid_file)))
  pid <- as.integer(readLines(pid_file))
  eventually(!is_alive(pid))
  succeed()
})

test_that("death is told with its reason", {
  expect_snapshot({
    conditionMessage(death_error(c(exit = NA, signal = 11L), 0))
    conditionMessage(death_error(c(exit = NA, signal = 40L), 0))
    conditionMessage(death_error(c(exit = 3L, signal = NA), 0))
  })
})

test_that("a kill for want of memory is told from any other", {
  expect_equal(death_error(c(exit = NA, signal = 9L), oom_kills())$code, "R_WORKER_CHILD_DIED")
  expect_equal(death_error(c(exit = NA, signal = 9L), oom_kills() - 1)$code, "R_WORKER_OUT_OF_MEMORY")
  events <- withr::local_tempfile(lines = c("low 0", "oom 3", "oom_kill 2"))
  expect_equal(oom_kills(c(events, "/not/there")), 2)
})

test_that("a body must be a JSON object", {
  expect_equal(parse_body(charToRaw('{"a":[1,2],"b":[{"c":1}]}')), list(a = 1:2, b = list(list(c = 1L))))
  expect_equal(parse_body(raw()), list())
  expect_error(parse_body(charToRaw("[1]")), "must be a JSON object", class = "tandem_task_error")
  expect_error(parse_body(charToRaw("{")), "is not JSON", class = "tandem_task_error")
})

test_that("progress outside a child does nothing", {
  expect_null(progress("Counting", 1, 2))
})
