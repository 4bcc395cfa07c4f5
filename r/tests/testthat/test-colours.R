test_that("the pool holds enough colours, each of them once", {
  pool <- colour_pool()
  expect_length(pool, POOL_SIZE)
  expect_identical(anyDuplicated(pool), 0L)
  expect_match(pool, "^#[0-9a-f]{6}$")
  expect_identical(pool[1:5], c("#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff"))
})
