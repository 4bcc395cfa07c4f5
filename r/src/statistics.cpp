// Statistics of single genes and of single cells over a layer.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "layer.h"
#include "parallel.h"
#include "ranking.h"

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

// Order statistics of a column whose stored values ascend, the zeros that are not stored counted in.
class SparseOrder {
 public:
  SparseOrder(const double* sorted, R_xlen_t stored, R_xlen_t n)
      : sorted_(sorted), n_(n), zeros_(n - stored), negative_(std::lower_bound(sorted, sorted + stored, 0.0) - sorted) {}

  double at(R_xlen_t rank) const {
    if (rank < negative_) return sorted_[rank];
    return rank < negative_ + zeros_ ? 0 : sorted_[rank - zeros_];
  }

  // R's default quantile (type 7).
  double quantile(double p) const {
    const double rank = (n_ - 1) * p;
    const auto low = static_cast<R_xlen_t>(std::floor(rank)), high = static_cast<R_xlen_t>(std::ceil(rank));
    const double below = at(low), share = rank - low;
    return share == 0 ? below : (1 - share) * below + share * at(high);
  }

 private:
  const double* sorted_;
  R_xlen_t n_, zeros_, negative_;
};

constexpr int FIRST_PERCENT = 95;

// The 95 % quantile, or where that is zero the first higher percentile that is not.
double quantile_cap(const SparseOrder& order) {
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

// Calls `use(row, cells, values, size)` for each gene, in the order of the cells. Sums are then added up as Seurat does,
// in doubles: of genes that have the same counts in other cells, the last bit decides which comes first.
template <typename Use>
void for_each_gene_by_cell(const Layer& layer, const std::vector<std::int64_t>& genes, int threads, Use use) {
  layer.with_values([&](auto type) {
    for_each_item(genes.size(), threads, [&] {
      return [&, sorter = Sorter(), ranked = std::vector<Ranked>(layer.longest()),
              cells = std::vector<std::int32_t>(layer.longest()),
              values = std::vector<double>(layer.longest())](std::int64_t row) mutable {
        const auto column = layer.column<decltype(type)>(genes[row]);
        for (std::int64_t at = 0; at < column.size; ++at) ranked[at] = ranked_of(column.cells[at], at);
        const Ranked* by_cell = sorter.sort(ranked.data(), column.size);
        for (std::int64_t at = 0; at < column.size; ++at) {
          cells[at] = key_in(by_cell[at]);
          values[at] = column.values[rest_in(by_cell[at])];
        }
        use(row, cells.data(), values.data(), column.size);
      };
    });
  });
}

std::vector<std::int64_t> all_genes(const Layer& layer) {
  std::vector<std::int64_t> genes(layer.genes());
  std::iota(genes.begin(), genes.end(), 0);
  return genes;
}

// Sum over n cells of the squared distance to `mean` in units of `sd`, each capped from above.
double sum_of_squares(const double* values, std::int64_t size, std::int64_t n, double mean, double sd, double cap) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double distance = std::min(cap, (values[i] - mean) / sd);
    sum += distance * distance;
  }
  const double zero = (0 - mean) / sd;
  return sum + zero * zero * (n - size);
}

void undo_log1p(double* values, R_xlen_t size) {
  for (R_xlen_t i = 0; i < size; ++i) values[i] = std::expm1(values[i]);
}

// Genes are added up in so many parts, whatever the number of threads, so that sums come out the same.
constexpr std::int64_t PARTS = 16;

// Totals of every cell over a part of the genes.
struct Totals {
  std::vector<double> sum, nonzero;
};

template <typename Value>
Totals totals_over(const Layer& layer, const std::vector<std::int64_t>& genes, std::int64_t first, std::int64_t end) {
  Totals totals{std::vector<double>(layer.cells()), std::vector<double>(layer.cells())};
  for (std::int64_t row = first; row < end; ++row) {
    const auto column = layer.column<Value>(genes[row]);
    for (std::int64_t i = 0; i < column.size; ++i) {
      totals.sum[column.cells[i]] += column.values[i];
      totals.nonzero[column.cells[i]] += 1;
    }
  }
  return totals;
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
    const SparseOrder order(values, size, cells);
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
  tandem::for_each_gene_by_cell(open, tandem::all_genes(open), threads,
                                [=](std::int64_t gene, const std::int32_t*, double* values, std::int64_t size) {
    if (expm1) tandem::undo_log1p(values, size);
    means[gene] = std::accumulate(values, values + size, 0.0) / cells;
    variances[gene] = tandem::sum_of_squares(values, size, cells, means[gene], 1, R_PosInf) / (cells - 1);
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
  tandem::for_each_gene_by_cell(open, tandem::all_genes(open), threads,
                                [=](std::int64_t gene, const std::int32_t*, double* values, std::int64_t size) {
    if (expm1) tandem::undo_log1p(values, size);
    const auto squares = [&] { return tandem::sum_of_squares(values, size, cells, means[gene], sds[gene], cap); };
    variances[gene] = sds[gene] > 0 ? squares() / (cells - 1) : 0;
  });
  return variance;
}

// Scaled expression of genes (from 1), cells x genes, of a layer of counts: log1p of each cell's share of its total
// times `scale`, less the gene's mean, in units of its sd and no more than `cap` of them. Each step as Seurat takes it.
// [[Rcpp::export]]
Rcpp::NumericMatrix layer_scaled(SEXP layer, Rcpp::IntegerVector genes, Rcpp::NumericVector totals, double scale,
                                 double cap, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  const std::int64_t n = open.cells();
  if (totals.size() != n) Rcpp::stop("There are %d totals of %d cells.", totals.size(), n);
  Rcpp::NumericMatrix scaled(n, genes.size());
  double* columns = scaled.begin();
  const double* totals_at = totals.begin();
  tandem::for_each_gene_by_cell(open, tandem::gene_places(open, genes), threads,
                                [=](std::int64_t row, const std::int32_t* cells, double* values, std::int64_t size) {
    for (std::int64_t i = 0; i < size; ++i) values[i] = std::log1p(values[i] / totals_at[cells[i]] * scale);
    const double mean = std::accumulate(values, values + size, 0.0) / n;
    const double sd = std::sqrt(tandem::sum_of_squares(values, size, n, mean, 1, R_PosInf) / (n - 1));
    const auto place = [=](double value) { return sd > 0 ? std::min(cap, (value - mean) / sd) : 0; };
    double* column = columns + row * n;
    std::fill(column, column + n, place(0));
    for (std::int64_t i = 0; i < size; ++i) column[cells[i]] = place(values[i]);
  });
  return scaled;
}

// Of every cell: the sum of its values over the genes (from 1), and how many are not zero.
// [[Rcpp::export]]
Rcpp::List layer_cell_totals(SEXP layer, Rcpp::IntegerVector genes, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  const auto places = tandem::gene_places(open, genes);
  Rcpp::NumericVector sum(open.cells()), nonzero(open.cells());
  const std::int64_t genes_here = places.size();
  std::vector<tandem::Totals> parts(tandem::PARTS);
  open.with_values([&](auto type) {
    tandem::for_each_item(tandem::PARTS, threads, [&] {
      return [&](std::int64_t part) {
        parts[part] = tandem::totals_over<decltype(type)>(open, places, genes_here * part / tandem::PARTS,
                                                          genes_here * (part + 1) / tandem::PARTS);
      };
    }, 1);
  });
  for (const tandem::Totals& part : parts) {
    for (std::int64_t cell = 0; cell < open.cells(); ++cell) {
      sum[cell] += part.sum[cell];
      nonzero[cell] += part.nonzero[cell];
    }
  }
  return Rcpp::List::create(_["sum"] = sum, _["nonzero"] = nonzero);
}
