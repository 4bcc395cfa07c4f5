back <- function(x) jsonlite::fromJSON(to_json(x), simplifyVector = FALSE)

# What the writer does for numbers, in plain R: the fewest digits that read back to the same double.
plain_number <- function(x) {
  if (!is.finite(x)) return("null")
  for (digits in 1:17) {
    text <- formatC(x, digits = digits, format = "g")
    if (as.numeric(text) == x) return(text)
  }
}

test_that("what is missing or not finite is null", {
  expect_identical(to_json(c(NA, NaN, Inf, -Inf, 1.5)), "[null,null,null,null,1.5]")
  expect_identical(to_json(c(NA, 2L)), "[null,2]")
  expect_identical(to_json(c(NA, TRUE, FALSE)), "[null,true,false]")
  expect_identical(to_json(c(NA, "NA")), '[null,"NA"]')
  expect_identical(to_json(factor(c("b", NA, "a"))), '["b",null,"a"]')
  expect_identical(to_json(float32(c(NA, 0.5))), "[null,0.5]")
  expect_identical(to_json(NULL), "null")
})

test_that("vectors are arrays at every length", {
  expect_identical(to_json(numeric()), "[]")
  expect_identical(to_json(character()), "[]")
  expect_identical(to_json(7L), "[7]")
  expect_identical(to_json("one"), '["one"]')
  expect_identical(to_json(data.frame(gene = "A", p = 0.5)), '{"gene":["A"],"p":[0.5]}')
  expect_identical(to_json(data.frame(gene = character(), p = numeric())), '{"gene":[],"p":[]}')
  expect_identical(to_json(matrix(c(1, 2), 1)), "[[1,2]]")
  expect_identical(to_json(matrix(1:6, 2)), "[[1,3,5],[2,4,6]]")
})

test_that("a scalar is written bare", {
  value <- list(n = scalar(1L), x = scalar("a"), ok = scalar(TRUE), no = scalar(NULL), na = scalar(NA))
  expect_identical(to_json(value), '{"n":1,"x":"a","ok":true,"no":null,"na":null}')
  expect_error(to_json(scalar(1:2)), "exactly one value")
})

test_that("lists are arrays or objects, and keep what is NULL in them", {
  expect_identical(to_json(list()), "[]")
  expect_identical(to_json(setNames(list(), character())), "{}")
  expect_identical(to_json(list(1, NULL, list(2))), "[[1],null,[[2]]]")
  expect_identical(to_json(list(a = NULL, b = list(c = 1L))), '{"a":null,"b":{"c":[1]}}')
  expect_error(to_json(list(a = 1, 2)), "named wholly or not at all")
})

test_that("what has no JSON form is refused", {
  expect_error(to_json(list(mean)), "has no JSON form")
  expect_error(to_json(1i), "has no JSON form")
})

test_that("whole numbers have neither point nor exponent", {
  expect_identical(to_json(c(0, -0, 12345, 1e5, 1e15, -3)), "[0,0,12345,100000,1000000000000000,-3]")
  expect_identical(to_json(c(1L, .Machine$integer.max)), "[1,2147483647]")
  expect_identical(to_json(float32(c(1e5, 3))), "[100000,3]")
})

test_that("every double reads back exactly, in no more digits than needed", {
  p_values <- c(1e-300, 2.2250738585072014e-308, 4.9e-324, 0.1, 1 / 3, 1 - .Machine$double.eps / 2, .Machine$double.xmax)
  withr::with_seed(1, random <- c(rnorm(2000) * 10^runif(2000, -300, 300), runif(2000)))
  values <- c(p_values, random)
  written <- strsplit(gsub("[][]", "", to_json(values)), ",")[[1]]
  expect_identical(as.numeric(written), values)
  significant <- function(text) nchar(gsub("^0+", "", gsub("[-.]|e.*$", "", text)))
  fractions <- which(abs(values) < 1)
  expect_identical(significant(written[fractions]), significant(vapply(values[fractions], plain_number, "")))
})

test_that("a float has the digits of a 32-bit float", {
  expect_identical(to_json(float32(c(0.1, 1 / 3, 2.5))), "[0.1,0.33333334,2.5]")
  expect_identical(to_json(float32(matrix(c(0.1, 0.2), 1))), "[[0.1,0.2]]")
  withr::with_seed(2, values <- rexp(1000))
  expect_equal(unlist(back(float32(values))), values, tolerance = 2^-23)
})

test_that("texts are escaped and come back", {
  texts <- c(
    "plain", "quote \" backslash \\ slash /", "new\nline\ttab\rreturn", "\001\037\177", "", "caf\u00e9 \u6f22 \U1F600"
  )
  expect_identical(unlist(back(texts)), texts)
  expect_identical(names(back(setNames(list(1), "a \"key\"\n"))), "a \"key\"\n")
})

test_that("texts in Latin-1 and in no encoding at all become UTF-8", {
  expect_identical(unlist(back(iconv("caf\u00e9", "UTF-8", "latin1"))), "caf\u00e9")
  bad <- list(as.raw(c(0x61, 0xff, 0x62)), as.raw(c(0xe2, 0x82)), as.raw(c(0xc0, 0xaf)), as.raw(c(0xed, 0xa0, 0x80)))
  texts <- vapply(bad, rawToChar, "")
  json <- to_json(texts)
  expect_true(validUTF8(json))
  expect_identical(unlist(back(texts))[1:2], c("a\ufffdb", "\ufffd\ufffd"))
  Encoding(texts) <- "bytes"
  expect_identical(to_json(texts), json)
})

test_that("values lie at the places of their cell ids", {
  expect_identical(to_json(by_cells_id(c(0.5, 1, 2), c(4L, 0L, 2L))), "[1,null,2,null,0.5]")
  expect_identical(to_json(by_cells_id(c(5, NA), 0:1)), "[5,null]")
  expect_identical(to_json(by_cells_id(5L, 0L)), "[5]")
  expect_identical(to_json(by_cells_id(numeric(), integer())), "[]")
  expect_identical(to_json(by_cells_id(matrix(1:4, 2), c(2L, 0L))), "[[2,4],null,[1,3]]")
  expect_identical(to_json(by_cells_id(matrix(c(1, NA, 3, NA), 2), 0:1)), "[[1,3],null]")
  expect_error(by_cells_id(1:3, 1:2))
})

test_that("a file holds what the text holds, over many blocks", {
  withr::with_seed(3, numbers <- rnorm(2e5))
  value <- list(x = numbers, names = rep("gene", 1e5), m = by_cells_id(matrix(numbers[1:2e4], ncol = 2), 0:9999))
  path <- withr::local_tempfile()
  expect_identical(write_json(value, path), path)
  expect_identical(readChar(path, file.size(path), useBytes = TRUE), to_json(value))
  expect_identical(jsonlite::fromJSON(path)$x, value$x)
})

test_that("a file that cannot be written is an error", {
  expect_error(write_json(1, file.path(withr::local_tempdir(), "absent", "x.json")), "cannot be opened for writing")
  skip_if_not(file.exists("/dev/full"))
  expect_error(write_json(runif(10), "/dev/full"), "could not be written")
})
