// Ranks of the values of a sparse matrix, column by column, without its zeros: what presto's description of its method
// calls for, with the sort of the standard library on doubles.

#include <Rcpp.h>

#include <algorithm>
#include <utility>
#include <vector>

// Values must be above zero, so that the zeros of a column come first and are one block of equal values.
// [[Rcpp::export]]
Rcpp::List sparse_ranks(Rcpp::NumericVector x, Rcpp::IntegerVector p, int n_rows) {
  const int n_columns = p.size() - 1;
  Rcpp::NumericVector ranks(x.size()), ties(n_columns);
  std::vector<std::pair<double, int>> column;
  for (int j = 0; j < n_columns; ++j) {
    column.clear();
    for (int k = p[j]; k < p[j + 1]; ++k) column.emplace_back(x[k], k);
    std::sort(column.begin(), column.end());
    const double zeros = n_rows - static_cast<double>(column.size());
    double tied = zeros * zeros * zeros - zeros;
    for (std::size_t begin = 0, end; begin < column.size(); begin = end) {
      for (end = begin + 1; end < column.size() && column[end].first == column[begin].first;) ++end;
      const double rank = zeros + (begin + 1 + end) / 2.0, n = end - begin;
      tied += n * n * n - n;
      for (std::size_t k = begin; k < end; ++k) ranks[column[k].second] = rank;
    }
    ties[j] = tied;
  }
  return Rcpp::List::create(Rcpp::_["ranks"] = ranks, Rcpp::_["ties"] = ties);
}
