// Statistics of single genes and of single cells over a layer.
#include <algorithm>
#include <cmath>
#include <vector>

#include "layer.h"
#include "parallel.h"

namespace tandem {

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

// Calls `use(row, values, size)` for each gene, its values as doubles; the memory is a thread's own.
template <typename Use>
void for_each_gene(const Layer& layer, const std::vector<std::int64_t>& genes, int threads, Use use) {
  layer.with_values([&](auto type) {
    for_each_item(genes.size(), threads, [&] {
      return [&, values = std::vector<double>(layer.longest())](std::int64_t row) mutable {
        const auto column = layer.column<decltype(type)>(genes[row]);
        std::copy(column.values, column.values + column.size, values.begin());
        use(row, values.data(), column.size);
      };
    });
  });
}

std::vector<std::int64_t> all_genes(const Layer& layer) {
  std::vector<std::int64_t> genes(layer.genes());
  for (std::int64_t gene = 0; gene < layer.genes(); ++gene) genes[gene] = gene;
  return genes;
}

void undo_log1p(double* values, R_xlen_t size) {
  for (R_xlen_t i = 0; i < size; ++i) values[i] = std::expm1(values[i]);
}

// Adds the entries of cells from `first` to `end` to each cell's totals, gene after gene.
template <typename Value>
void add_totals(const Layer& layer, const std::vector<std::int64_t>& genes, std::int64_t first, std::int64_t end,
                double* sum, double* nonzero) {
  for (const std::int64_t gene : genes) {
    const auto column = layer.column<Value>(gene);
    const auto* cells_end = column.cells + column.size;
    const auto* at = std::lower_bound(column.cells, cells_end, first);
    for (; at < cells_end && *at < end; ++at) {
      sum[*at] += column.values[at - column.cells];
      nonzero[*at] += 1;
    }
  }
}

}  // namespace

}  // namespace tandem

using Rcpp::_;
using tandem::SparseColumn;
using tandem::SparseOrder;

// Mean, standard deviation, smallest value and cap of each of the genes (from 1) over all cells.
// [[Rcpp::export]]
Rcpp::List layer_gene_statistics(SEXP layer, Rcpp::IntegerVector genes, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  Rcpp::NumericVector mean(genes.size()), sd(genes.size()), smallest(genes.size()), cap(genes.size());
  double *means = mean.begin(), *sds = sd.begin(), *mins = smallest.begin(), *caps = cap.begin();
  const std::int64_t cells = open.cells();
  tandem::for_each_gene(open, tandem::gene_places(open, genes), threads,
                        [=](std::int64_t row, double* values, std::int64_t size) {
    const SparseColumn column(values, size, cells);
    SparseOrder order(values, size, cells);
    means[row] = column.mean();
    sds[row] = std::sqrt(column.variance(means[row]));
    mins[row] = order.at(0);
    caps[row] = tandem::quantile_cap(order);
  });
  return Rcpp::List::create(_["mean"] = mean, _["sd"] = sd, _["min"] = smallest, _["cap"] = cap);
}

// Mean and variance of every gene, of the values or of their expm1.
// [[Rcpp::export]]
Rcpp::List layer_moments(SEXP layer, bool expm1, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  Rcpp::NumericVector mean(open.genes()), variance(open.genes());
  double *means = mean.begin(), *variances = variance.begin();
  const std::int64_t cells = open.cells();
  tandem::for_each_gene(open, tandem::all_genes(open), threads,
                        [=](std::int64_t gene, double* values, std::int64_t size) {
    if (expm1) tandem::undo_log1p(values, size);
    const SparseColumn column(values, size, cells);
    means[gene] = column.mean();
    variances[gene] = column.variance(means[gene]);
  });
  return Rcpp::List::create(_["mean"] = mean, _["variance"] = variance);
}

// Variance of every gene in units of an expected sd, no cell counting for more than `cap` of them;
// 0 where none is expected.
// [[Rcpp::export]]
Rcpp::NumericVector layer_capped_variance(SEXP layer, Rcpp::NumericVector mean, Rcpp::NumericVector sd, double cap,
                                          bool expm1, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  Rcpp::NumericVector variance(open.genes());
  double* variances = variance.begin();
  const double *means = mean.begin(), *sds = sd.begin();
  const std::int64_t cells = open.cells();
  tandem::for_each_gene(open, tandem::all_genes(open), threads,
                        [=](std::int64_t gene, double* values, std::int64_t size) {
    if (expm1) tandem::undo_log1p(values, size);
    const SparseColumn column(values, size, cells);
    variances[gene] = sds[gene] > 0 ? column.squares(means[gene], sds[gene], cap) / (cells - 1) : 0;
  });
  return variance;
}

// Of every cell: the sum of its values over the genes (from 1), and how many are not zero.
// [[Rcpp::export]]
Rcpp::List layer_cell_totals(SEXP layer, Rcpp::IntegerVector genes, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  const auto places = tandem::gene_places(open, genes);
  Rcpp::NumericVector sum(open.cells()), nonzero(open.cells());
  double *sums = sum.begin(), *counts = nonzero.begin();
  const std::int64_t parts = std::max(1, threads), cells = open.cells();
  open.with_values([&](auto type) {
    tandem::for_each_item(parts, threads, [&] {
      return [&](std::int64_t part) {
        tandem::add_totals<decltype(type)>(open, places, cells * part / parts, cells * (part + 1) / parts, sums,
                                           counts);
      };
    }, 1);
  });
  return Rcpp::List::create(_["sum"] = sum, _["nonzero"] = nonzero);
}
