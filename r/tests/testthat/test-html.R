test_that("text is escaped, in elements and in attributes, and markup is not", {
  expect_identical(
    unclass(tag("p", title = "a \"b\" 'c'", "1 < 2 & 3", tag("b", "<i>"))),
    "<p title=\"a &quot;b&quot; &#39;c&#39;\">1 &lt; 2 &amp; 3<b>&lt;i&gt;</b></p>"
  )
})

test_that("attributes and parts that are NULL are left out, and void elements have no end", {
  expect_identical(unclass(tag("p", class = NULL, NULL, list("a", NULL, tag("b")))), "<p>a<b></b></p>")
  expect_identical(unclass(tag("meta", name = "viewport", content = "x")), "<meta name=\"viewport\" content=\"x\">")
})

test_that("what no page can hold is taken out of text", {
  broken <- "a\xff"
  Encoding(broken) <- "UTF-8"
  expect_identical(plain_text(broken), "a?")
  expect_identical(plain_text("a\nb\tc\u0001d\u202ee\u2066f"), "a b c def")
})
