# Each kernel beside a plain twin in R that knows nothing of sparse columns.

plain_group_statistics <- function(dense, groups, n_groups, expm1 = FALSE) {
  taking_part <- groups > 0L
  codes <- factor(groups[taking_part], levels = seq_len(n_groups))
  by_gene <- function(f) unname(t(apply(dense[, taking_part, drop = FALSE], 1L, f)))
  over <- function(values) tapply(values, codes, sum, default = 0)
  ties <- function(values) {
    tied <- as.numeric(table(values))
    sum(tied^3 - tied)
  }
  in_matrix <- function(found) matrix(found, nrow(dense), n_groups)
  list(
    cells = as.numeric(table(codes)),
    sum = in_matrix(by_gene(function(x) over(if (expm1) base::expm1(x) else x))),
    nonzero = in_matrix(by_gene(function(x) over(x != 0))),
    rank_sum = in_matrix(by_gene(function(x) over(rank(x)))),
    ties = as.numeric(by_gene(ties))
  )
}

# Values with ties and zeros: counts, their logarithms, or negative ones.
some_values <- function(genes, cells, kind, share = 0.3) {
  counts <- matrix(rpois(genes * cells, 2) * (runif(genes * cells) < share), genes, cells)
  switch(kind, counts = counts, data = as_float32(log1p(counts / 7)), scaled = as_float32(counts - 1.5) * (counts > 0))
}

test_that("sums, counts, ranks and ties are those of plain R, for every kind of value and any number of groups", {
  withr::with_seed(3, for (kind in c("counts", "data", "scaled")) {
    for (n_groups in c(1L, 2L, 5L, 300L)) {
      for (cells in c(1L, 7L, 333L)) {
        dense <- some_values(23L, cells, kind)
        groups <- sample(0:n_groups, cells, replace = TRUE)
        found <- group_statistics(bare_dataset(dense), groups, n_groups, ranks = TRUE)
        expect_equal(found, plain_group_statistics(dense, groups, n_groups))
        expect_equal(
          group_statistics(bare_dataset(dense), groups, n_groups, expm1 = TRUE)$sum,
          plain_group_statistics(dense, groups, n_groups, expm1 = TRUE)$sum
        )
      }
    }
  })
})

test_that("long genes are ranked right, whether their values are near, far, equal or all different", {
  withr::with_seed(4, {
    cells <- 5000L
    dense <- as_float32(rbind(
      rnorm(cells), rexp(cells), 1 + 1e-6 * sample(9L, cells, TRUE), rep(2, cells), 10^runif(cells, -30, 30),
      -10^runif(cells, -30, 30), sample(c(0, 1), cells, TRUE)
    ))
    groups <- sample(0:3, cells, replace = TRUE)
    found <- group_statistics(bare_dataset(dense), groups, 3L, ranks = TRUE)
    expect_equal(found[c("rank_sum", "ties")], plain_group_statistics(dense, groups, 3L)[c("rank_sum", "ties")])
  })
})

test_that("chosen genes come in the order asked for, also twice", {
  dense <- withr::with_seed(5, some_values(9L, 40L, "data"))
  groups <- rep_len(1:2, 40L)
  all <- group_statistics(bare_dataset(dense), groups, 2L)
  chosen <- group_statistics(bare_dataset(dense), groups, 2L, genes = c(7L, 2L, 7L))
  expect_identical(chosen$sum, all$sum[c(7, 2, 7), ])
  expect_identical(dim(group_statistics(bare_dataset(dense), groups, 2L, genes = integer())$sum), c(0L, 2L))
})

test_that("totals of cells are sums over genes", {
  dense <- withr::with_seed(6, some_values(50L, 77L, "counts"))
  dataset <- bare_dataset(dense)
  expect_equal(cell_totals(dataset, layer = "data"), list(sum = colSums(dense), nonzero = colSums(dense != 0)))
  expect_equal(cell_totals(dataset, c(3L, 8L), "data")$sum, colSums(dense[c(3, 8), ]))
})

test_that("a few genes come as a matrix, of all cells or of some", {
  dataset <- small_dataset()
  values <- as_float32(plain_values(small_object(), c(9, 4)))
  expect_identical(unname(as.matrix(gene_matrix(dataset, c(9L, 4L)))), unname(t(values)))
  expect_identical(unname(as.matrix(gene_matrix(dataset, c(9L, 4L), c(80L, 1L)))), unname(t(values[, c(80, 1)])))
  expect_identical(dim(gene_matrix(dataset, integer())), c(SMALL_CELLS, 0L))
})

test_that("threads change nothing", {
  dense <- withr::with_seed(8, some_values(200L, 500L, "data"))
  groups <- rep_len(0:6, 500L)
  results <- lapply(c("1", "2", "7"), function(threads) {
    withr::local_envvar(TANDEM_THREADS = threads)
    dataset <- bare_dataset(dense)
    list(
      group_statistics(dataset, groups, 6L, ranks = TRUE), cell_totals(dataset, layer = "data"),
      gene_statistics(dataset, seq_len(200L)), standardised_variance(dataset$layers$data)
    )
  })
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
})

test_that("permuted cells and genes permute the results and change nothing else", {
  withr::with_seed(9, {
    dense <- some_values(60L, 300L, "counts")
    groups <- sample(0:4, 300L, TRUE)
    genes <- sample(60L)
    cells <- sample(300L)
  })
  before <- group_statistics(bare_dataset(dense), groups, 4L, ranks = TRUE)
  after <- group_statistics(bare_dataset(dense[genes, cells]), groups[cells], 4L, ranks = TRUE)
  for (part in c("sum", "nonzero", "rank_sum")) expect_identical(after[[part]], before[[part]][genes, ])
  expect_identical(after$ties, before$ties[genes])
  expect_identical(after$cells, before$cells)
})

test_that("groups that do not fit are refused", {
  dataset <- bare_dataset(matrix(1:4, 2L))
  expect_snapshot({
    complain(group_statistics(dataset, 1L, 1L))
    complain(group_statistics(dataset, c(1L, 3L), 2L))
    complain(group_statistics(dataset, c(1L, NA), 2L))
    complain(group_statistics(dataset, c(1L, 1L), 1L, genes = 3L))
  })
})
