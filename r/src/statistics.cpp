#include <Rcpp.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

// The values of one gene over n cells, of which only those that are not zero are stored.
class SparseColumn {
 public:
  SparseColumn(const double* values, R_xlen_t stored, R_xlen_t n) : values_(values), stored_(stored), n_(n) {}

  double mean() const {
    long double sum = 0;
    for (R_xlen_t i = 0; i < stored_; ++i) sum += values_[i];
    return static_cast<double>(sum / n_);
  }

  // Sum over all cells of the squared distance to `mean` in units of `sd`, each capped from above.
  double squares(double mean, double sd, double cap) const {
    long double sum = static_cast<long double>(n_ - stored_) * (mean / sd) * (mean / sd);
    for (R_xlen_t i = 0; i < stored_; ++i) {
      const double distance = std::min(cap, (values_[i] - mean) / sd);
      sum += distance * distance;
    }
    return static_cast<double>(sum);
  }

  double variance(double mean) const { return squares(mean, 1, R_PosInf) / (n_ - 1); }

 private:
  const double* values_;
  R_xlen_t stored_, n_;
};

// Order statistics of a column, the zeros that are not stored counted in.
class SparseOrder {
 public:
  SparseOrder(const double* values, R_xlen_t stored, R_xlen_t n) : sorted_(values, values + stored), n_(n) {
    const auto negative = std::partition(sorted_.begin(), sorted_.end(), [](double v) { return v < 0; });
    std::sort(sorted_.begin(), negative);
    negative_ = negative - sorted_.begin();
  }

  double at(R_xlen_t rank) {
    if (rank < negative_) return sorted_[rank];
    const R_xlen_t zeros = n_ - static_cast<R_xlen_t>(sorted_.size());
    if (rank < negative_ + zeros) return 0;
    const auto place = sorted_.begin() + (rank - zeros);
    std::nth_element(sorted_.begin() + negative_, place, sorted_.end());
    return *place;
  }

  // R's default quantile (type 7).
  double quantile(double p) {
    const double rank = (n_ - 1) * p;
    const auto low = static_cast<R_xlen_t>(std::floor(rank)), high = static_cast<R_xlen_t>(std::ceil(rank));
    const double below = at(low), share = rank - low;
    return share == 0 ? below : (1 - share) * below + share * at(high);
  }

 private:
  std::vector<double> sorted_;
  R_xlen_t n_, negative_;
};

constexpr int FIRST_PERCENT = 95;

// The 95 % quantile, or where that is zero the first higher percentile that is not.
double quantile_cap(SparseOrder& order) {
  double cap = 0;
  for (int percent = FIRST_PERCENT; percent <= 100 && cap == 0; ++percent) cap = order.quantile(percent / 100.0);
  return cap;
}

}  // namespace

// Mean, standard deviation, smallest value and cap of each gene over all n cells, given its values that are not zero.
// [[Rcpp::export]]
Rcpp::List gene_statistics(Rcpp::List values, int n) {
  const R_xlen_t genes = values.size();
  Rcpp::NumericVector mean(genes), sd(genes), smallest(genes), cap(genes);
  for (R_xlen_t gene = 0; gene < genes; ++gene) {
    const Rcpp::NumericVector stored = values[gene];
    const SparseColumn column(stored.begin(), stored.size(), n);
    SparseOrder order(stored.begin(), stored.size(), n);
    mean[gene] = column.mean();
    sd[gene] = std::sqrt(column.variance(mean[gene]));
    smallest[gene] = order.at(0);
    cap[gene] = quantile_cap(order);
  }
  using Rcpp::_;
  return Rcpp::List::create(_["mean"] = mean, _["sd"] = sd, _["min"] = smallest, _["cap"] = cap);
}

// Mean and variance of each column of a sparse matrix with n rows.
// [[Rcpp::export]]
Rcpp::List column_moments(Rcpp::IntegerVector p, Rcpp::NumericVector x, int n) {
  const R_xlen_t columns = p.size() - 1;
  Rcpp::NumericVector mean(columns), variance(columns);
  for (R_xlen_t j = 0; j < columns; ++j) {
    const SparseColumn column(x.begin() + p[j], p[j + 1] - p[j], n);
    mean[j] = column.mean();
    variance[j] = column.variance(mean[j]);
  }
  return Rcpp::List::create(Rcpp::_["mean"] = mean, Rcpp::_["variance"] = variance);
}

// Variance of each column in units of an expected sd, no cell counting for more than `cap` of them;
// 0 where none is expected.
// [[Rcpp::export]]
Rcpp::NumericVector capped_variance(Rcpp::IntegerVector p, Rcpp::NumericVector x, int n, Rcpp::NumericVector mean,
                                    Rcpp::NumericVector sd, double cap) {
  const R_xlen_t columns = p.size() - 1;
  Rcpp::NumericVector variance(columns);
  for (R_xlen_t j = 0; j < columns; ++j) {
    const SparseColumn column(x.begin() + p[j], p[j + 1] - p[j], n);
    variance[j] = sd[j] > 0 ? column.squares(mean[j], sd[j], cap) / (n - 1) : 0;
  }
  return variance;
}
