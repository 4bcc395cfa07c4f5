# A trajectory is a tree in the plane of a layout that runs through the middle of the cells; its nodes are where a user
# picks the beginning, and how far a cell lies from there is the cell's pseudotime.

#: How many nodes a tree gets for each tenfold of its cells.
NODES_PER_TENFOLD <- 15
#: A node stands for at least so many cells on average.
CELLS_PER_NODE <- 10
#: Cells that no chain of so many nearest neighbours joins are of different trees.
TREE_NEIGHBOURS <- 25L
#: How strongly a node pulls at its neighbours in the tree, in shares of the pull of its cells.
STIFFNESS <- 1
#: How often the tree is laid anew through the cells.
ROUNDS <- 20L
#: A side branch shorter than this share of the way through its tree is an accident, not a fate.
SHORTEST_BRANCH <- 0.1
#: Nodes adjoin each other where some cell has both among so many nearest ones.
ADJOINING <- 3L

#' The principal graph of points in the plane: a tree through each group of points that hang together
#' @param points A matrix, a row a point.
#' @return `nodes` (a matrix, a row a node) and `edges` (a matrix of node numbers from 1, the smaller first).
principal_graph <- function(points) {
  progress("Drawing the trajectory")
  trees <- lapply(split.data.frame(points, groups_apart(points)), principal_tree)
  before <- cumsum(c(0L, vapply(trees, function(tree) nrow(tree$nodes), 0L)))
  list(
    nodes = do.call(rbind, unname(lapply(trees, `[[`, "nodes"))),
    edges = do.call(rbind, unname(Map(function(tree, shift) tree$edges + shift, trees, utils::head(before, -1L))))
  )
}

#' The group of each point: two points are of one when a chain of nearest neighbours joins them
groups_apart <- function(points) {
  neighbours <- nearest(points, points, min(TREE_NEIGHBOURS, nrow(points)))
  edges <- rbind(rep(seq_len(nrow(points)), ncol(neighbours)), as.integer(neighbours))
  igraph::components(igraph::make_graph(edges, n = nrow(points), directed = FALSE))$membership
}

nearest <- function(points, candidates, k = 1L) RANN::nn2(candidates, points, k = k)$nn.idx

principal_tree <- function(points) {
  tree <- list(nodes = starting_nodes(points))
  for (round in seq_len(ROUNDS)) {
    tree$edges <- spanning_tree(tree$nodes)
    tree$nodes <- relaxed_nodes(tree, points)
  }
  tree$edges <- spanning_tree(tree$nodes)
  without_short_branches(tree)
}

starting_nodes <- function(points) {
  n <- nrow(points)
  distinct <- points[!duplicated(complex(real = points[, 1L], imaginary = points[, 2L])), , drop = FALSE]
  wanted <- max(2, min(round(NODES_PER_TENFOLD * log10(n)), ceiling(n / CELLS_PER_NODE)))
  if (wanted >= nrow(distinct)) return(distinct)
  start <- distinct[seeded(sample.int(nrow(distinct), wanted)), ]
  # Some rounds of k-means do; its warning says that more would move a few points.
  nodes <- suppressWarnings(stats::kmeans(points, start, iter.max = 30L, algorithm = "MacQueen")$centers)
  nodes[is.finite(rowSums(nodes)), , drop = FALSE] # a centre that lost its points is nowhere
}

#' The edges of the shortest tree that joins all nodes
spanning_tree <- function(nodes) {
  if (nrow(nodes) < 2L) return(matrix(integer(), 0L, 2L))
  complete <- igraph::make_full_graph(nrow(nodes))
  lengths <- as.numeric(stats::dist(nodes)) # in the order of a full graph's edges
  igraph::as_edgelist(igraph::mst(complete, weights = lengths), names = FALSE)
}

#' Nodes moved to the middle of the cells nearest to them, held back by their neighbours in the tree
relaxed_nodes <- function(tree, points) {
  k <- nrow(tree$nodes)
  own <- factor(nearest(points, tree$nodes), levels = seq_len(k))
  sums <- apply(points, 2L, function(x) tapply(x, own, sum, default = 0))
  adjacency <- matrix(0, k, k)
  adjacency[rbind(tree$edges, tree$edges[, 2:1])] <- 1
  pull <- STIFFNESS * nrow(points) / k * (diag(rowSums(adjacency), k) - adjacency)
  solve(diag(tabulate(own, k), k) + pull, matrix(sums, k))
}

#' The tree without side branches that are short beside the longest way through it
without_short_branches <- function(tree) {
  repeat {
    graph <- node_graph(tree)
    branch <- shortest_side_branch(graph)
    if (is.null(branch) || branch$length >= SHORTEST_BRANCH * igraph::diameter(graph)) return(tree)
    tree <- without_nodes(tree, branch$nodes)
  }
}

node_graph <- function(graph) {
  lengths <- sqrt(rowSums((graph$nodes[graph$edges[, 1L], , drop = FALSE] -
    graph$nodes[graph$edges[, 2L], , drop = FALSE])^2))
  made <- igraph::make_graph(t(graph$edges), n = nrow(graph$nodes), directed = FALSE)
  igraph::set_edge_attr(made, "weight", value = lengths)
}

#' The side branch that ends soonest at a fork: its nodes without the fork, and its length; NULL where none forks
shortest_side_branch <- function(graph) {
  degree <- igraph::degree(graph)
  forks <- which(degree > 2)
  leaves <- which(degree == 1)
  if (!length(forks)) return(NULL)
  ways <- igraph::distances(graph, leaves, forks)
  leaf <- which.min(apply(ways, 1L, min))
  fork <- which.min(ways[leaf, ])
  nodes <- as.integer(igraph::shortest_paths(graph, leaves[leaf], forks[fork])$vpath[[1L]])
  list(nodes = setdiff(nodes, forks[fork]), length = ways[leaf, fork])
}

without_nodes <- function(tree, nodes) {
  places <- replace(rep(NA_integer_, nrow(tree$nodes)), setdiff(seq_len(nrow(tree$nodes)), nodes), 0L)
  stays <- which(!is.na(places))
  edges <- matrix(match(tree$edges, stays), ncol = 2L)
  list(nodes = tree$nodes[stays, , drop = FALSE], edges = edges[stats::complete.cases(edges), , drop = FALSE])
}

#' How far along the graph each point lies from the nearest root; Inf where no root can be reached
#'
#' Ways lead along the tree, and between nodes that adjoin each other: where the cells fill a plain, the tree's turns in
#' it mean little. A point lies at the nearest place on a way between the nodes nearest to it.
#' @param roots Node numbers, from 1.
pseudotime_along <- function(graph, points, roots) {
  near <- nearest_nodes(graph, points)
  from_roots <- apply(igraph::distances(node_graph(with_ways(graph, near)), roots), 2L, min)
  best <- list(distance = rep(Inf, nrow(points)), time = numeric(nrow(points)))
  for (pair in utils::combn(ncol(near), 2L, simplify = FALSE)) {
    place <- place_between(points, graph$nodes, near[, pair[1L]], near[, pair[2L]])
    time <- pmin(from_roots[near[, pair[1L]]] + place$after, from_roots[near[, pair[2L]]] + place$before)
    nearer <- place$distance < best$distance
    best$distance[nearer] <- place$distance[nearer]
    best$time[nearer] <- time[nearer]
  }
  best$time
}

#' The nodes nearest to each point, all of one tree: where its tree has no more, the nearest takes their places
nearest_nodes <- function(graph, points) {
  near <- nearest(points, graph$nodes, min(ADJOINING, nrow(graph$nodes)))
  if (ncol(near) == 1L) near <- near[, c(1L, 1L), drop = FALSE]
  tree <- igraph::components(node_graph(graph))$membership
  first <- near[, rep(1L, ncol(near)), drop = FALSE]
  other <- tree[near] != tree[first]
  near[other] <- first[other]
  near
}

#' The graph with an edge, too, between each two nodes that some point has near it
with_ways <- function(graph, near) {
  pairs <- do.call(rbind, utils::combn(ncol(near), 2L, function(pair) near[, pair], simplify = FALSE))
  known <- pairs[, 1L] + nrow(graph$nodes) * (pairs[, 2L] - 1)
  pairs <- pairs[!duplicated(known) & pairs[, 1L] != pairs[, 2L], , drop = FALSE]
  graph$edges <- rbind(graph$edges, pairs)
  graph
}

#' The place nearest to each point on the way from one node to another: how far off it is, and how far from both
place_between <- function(points, nodes, from, to) {
  start <- nodes[from, , drop = FALSE]
  way <- nodes[to, , drop = FALSE] - start
  length <- sqrt(rowSums(way^2))
  share <- rowSums((points - start) * way) / length^2
  share <- ifelse(length > 0, pmin(pmax(share, 0), 1), 0)
  list(
    distance = rowSums((points - start - share * way)^2),
    after = share * length,
    before = (1 - share) * length
  )
}
