# A tree in the plane: a trunk from the origin to (10, 0), and from there two branches, up and down.
tree_points <- function(n = 1500, noise = 0.15) {
  withr::with_seed(8, {
    branch <- sample(3, n, TRUE)
    along <- runif(n, 0, 10)
    slope <- c(0, 1, -1)[branch]
    x <- ifelse(branch == 1, along, 10 + along * 0.6)
    list(
      points = cbind(x, slope * along * 0.8) + rnorm(2 * n, sd = noise),
      time = along + 10 * (branch > 1), branch = branch
    )
  })
}

nearest_to <- function(graph, place) which.min(colSums((t(graph$nodes) - place)^2))

test_that("pseudotime is the way along the tree from the root", {
  tree <- tree_points()
  graph <- principal_graph(tree$points)
  found <- pseudotime_along(graph, tree$points, nearest_to(graph, c(0, 0)))
  expect_gt(cor(found, tree$time), 0.998)
  expect_lt(max(abs(found - tree$time - mean(found - tree$time))), 1.5)
  up <- pseudotime_along(graph, tree$points, nearest_to(graph, c(16, 8)))
  from_up <- ifelse(tree$branch == 2, 20 - tree$time, ifelse(tree$branch == 3, tree$time, 20 - tree$time))
  expect_gt(cor(up, from_up), 0.995)
})

test_that("the nearest of several roots counts", {
  tree <- tree_points()
  graph <- principal_graph(tree$points)
  ends <- c(nearest_to(graph, c(16, 8)), nearest_to(graph, c(16, -8)))
  each <- lapply(ends, pseudotime_along, graph = graph, points = tree$points)
  expect_equal(pseudotime_along(graph, tree$points, ends), do.call(pmin, each))
})

test_that("the graph is a tree with an end at the root and at each branch", {
  graph <- principal_graph(tree_points()$points)
  made <- node_graph(graph)
  expect_identical(nrow(graph$edges), nrow(graph$nodes) - 1L)
  expect_true(igraph::is_connected(made))
  expect_identical(sum(igraph::degree(made) == 1), 3L)
  expect_identical(sum(igraph::degree(made) > 2), 1L)
})

test_that("short side branches are no fates", {
  noisy <- tree_points(noise = 0.6)$points
  made <- node_graph(principal_graph(noisy))
  expect_identical(sum(igraph::degree(made) == 1), 3L)
})

test_that("groups apart have trees apart, and no way leads between them", {
  tree <- tree_points(400)
  points <- rbind(tree$points, tree$points + rep(c(0, 60), each = 400))
  graph <- principal_graph(points)
  expect_equal(igraph::components(node_graph(graph))$no, 2)
  found <- pseudotime_along(graph, points, nearest_to(graph, c(0, 0)))
  expect_identical(is.finite(found), rep(c(TRUE, FALSE), each = 400))
  both <- pseudotime_along(graph, points, c(nearest_to(graph, c(0, 0)), nearest_to(graph, c(0, 60))))
  expect_true(all(is.finite(both)))
})

test_that("a ring is gone round on both sides, though the tree is open", {
  angle <- withr::with_seed(4, runif(1000, 0, 2 * pi))
  points <- cbind(cos(angle), sin(angle)) + withr::with_seed(5, rnorm(2000, sd = 0.02))
  graph <- principal_graph(points)
  found <- pseudotime_along(graph, points, nearest_to(graph, c(1, 0)))
  expect_gt(cor(found, pmin(angle, 2 * pi - angle)), 0.99)
})

test_that("the graph is the same each time, whatever the state of the random numbers", {
  points <- tree_points(300)$points
  first <- principal_graph(points)
  set.seed(77)
  expect_identical(principal_graph(points), first)
})

test_that("few, equal and straight points have graphs", {
  for (points in list(matrix(1, 12, 2), cbind(1:10, 0), matrix(rep(1:2, each = 20), 20, 2), cbind(rep(1:2, 10), 0))) {
    graph <- principal_graph(points)
    found <- pseudotime_along(graph, points, 1L)
    expect_length(found, nrow(points))
    expect_true(all(is.finite(found)))
  }
})
