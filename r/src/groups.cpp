// What is computed of each gene over groups of cells: sums, how many cells express it, and Wilcoxon's rank sums.
#include <cmath>
#include <memory>

#include "layer.h"
#include "parallel.h"
#include "ranking.h"

namespace tandem {

namespace {

// Neighbouring entries are added up in separate lanes: no addition has to wait for the one before it.
constexpr int LANES = 4;

// The group of every cell, from 1; 0 for a cell that takes no part.
template <typename Code>
struct Groups {
  Groups(const Rcpp::IntegerVector& groups, int count) : codes(groups.size()), sizes(count + 1) {
    for (R_xlen_t cell = 0; cell < groups.size(); ++cell) {
      const int group = groups[cell];
      if (group == NA_INTEGER || group < 0 || group > count) Rcpp::stop("Cell %d has no group.", cell + 1);
      codes[cell] = static_cast<Code>(group);
      sizes[group]++;
    }
    for (int group = 1; group <= count; ++group) cells += sizes[group];
  }
  std::vector<Code> codes;
  std::vector<std::int64_t> sizes;
  std::int64_t cells = 0;  // that take part
};

// Matrices genes x groups as R keeps them, by columns, and the ties of each gene.
struct Answer {
  double *sum, *nonzero, *rank_sum, *ties;
  std::int64_t genes;
};

template <typename Value, typename Code>
class GeneWorker {
 public:
  GeneWorker(const Layer& layer, const Groups<Code>& groups, bool ranks, bool expm1, const Answer& answer)
      : layer_(layer), groups_(groups), ranks_(ranks), expm1_(expm1), answer_(answer),
        stride_(groups.sizes.size()), sums_(LANES * stride_), nonzero_(LANES * stride_), doubled_(LANES * stride_),
        ranked_(ranks ? new Ranked[layer.longest() + 1] : nullptr) {}

  void operator()(std::int64_t gene, std::int64_t row) {
    const auto column = layer_.template column<Value>(gene);
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill(nonzero_.begin(), nonzero_.end(), 0);
    const std::int64_t kept = ranks_ ? tally<true>(column) : tally<false>(column);
    gather(sums_);
    gather(nonzero_);
    put(answer_.sum, row, sums_);
    put(answer_.nonzero, row, nonzero_);
    if (ranks_) rank(kept, row);
  }

 private:
  // Sums and counts by group, the values that take part set aside for ranking; how many those are.
  template <bool ranks>
  std::int64_t tally(const Column<Value>& column) {
    const Code* codes = groups_.codes.data();
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < column.size; ++i) {
      const Code code = codes[column.cells[i]];
      const std::size_t place = (i % LANES) * stride_ + code;
      const auto value = column.values[i];
      sums_[place] += expm1_ ? std::expm1(static_cast<double>(value)) : static_cast<double>(value);
      nonzero_[place]++;
      if (ranks) {
        ranked_[kept] = ranked_of(static_cast<float>(value), code);
        kept += code != 0;
      }
    }
    return kept;
  }

  // Rank sums, doubled so that they are whole numbers: exact, in whatever order they are added up.
  void rank(std::int64_t kept, std::int64_t row) {
    std::fill(doubled_.begin(), doubled_.end(), 0);
    const Ranked* sorted = sorter_.sort(ranked_.get(), kept);
    const std::int64_t zeros = groups_.cells - kept;
    std::int64_t below = 0;
    if (layer_.header().negative) {
      while (below < kept && key_in(sorted[below]) < ZERO_KEY) ++below;
    }
    double ties = tied(zeros) + add_ranks(sorted, 0, below, 0) + add_ranks(sorted, below, kept, 2 * zeros);
    gather(doubled_);
    for (std::size_t group = 1; group < stride_; ++group) {
      const std::int64_t zeros_here = groups_.sizes[group] - nonzero_[group];
      doubled_[group] += zeros_here * (2 * below + zeros + 1);
      answer_.rank_sum[row + (group - 1) * answer_.genes] = static_cast<double>(doubled_[group]) / 2;
    }
    answer_.ties[row] = ties;
  }

  static double tied(std::int64_t size) {
    const double t = static_cast<double>(size);
    return t * t * t - t;
  }

  // Adds the ranks of the sorted elements from `first` to `end`, each raised by half of `doubled_before`.
  double add_ranks(const Ranked* sorted, std::int64_t first, std::int64_t end, std::int64_t doubled_before) {
    double ties = 0;
    for (std::int64_t i = first; i < end;) {
      const std::uint32_t key = key_in(sorted[i]);
      std::int64_t next = i + 1;
      while (next < end && key_in(sorted[next]) == key) ++next;
      const std::int64_t doubled = i + 1 + next + doubled_before;
      if (next - i > 1) ties += tied(next - i);
      for (; i < next; ++i) doubled_[(i % LANES) * stride_ + group_in(sorted[i])] += doubled;
    }
    return ties;
  }

  // Add the lanes up in the first of them.
  template <typename Number>
  void gather(std::vector<Number>& lanes) const {
    for (int lane = 1; lane < LANES; ++lane) {
      for (std::size_t group = 0; group < stride_; ++group) lanes[group] += lanes[lane * stride_ + group];
    }
  }

  template <typename Number>
  void put(double* matrix, std::int64_t row, const std::vector<Number>& by_group) const {
    for (std::size_t group = 1; group < stride_; ++group) matrix[row + (group - 1) * answer_.genes] = by_group[group];
  }

  const Layer& layer_;
  const Groups<Code>& groups_;
  const bool ranks_, expm1_;
  const Answer answer_;
  const std::size_t stride_;
  std::vector<double> sums_;
  std::vector<std::int64_t> nonzero_, doubled_;
  std::unique_ptr<Ranked[]> ranked_;
  Sorter sorter_;
};

template <typename Code>
void compute(const Layer& layer, const Groups<Code>& groups, const std::vector<std::int64_t>& genes, bool ranks,
             bool expm1, int threads, const Answer& answer) {
  layer.with_values([&](auto type) {
    for_each_item(genes.size(), threads, [&] {
      return [&, worker = std::make_unique<GeneWorker<decltype(type), Code>>(layer, groups, ranks, expm1, answer)](
                 std::int64_t row) { (*worker)(genes[row], row); };
    });
  });
}

}  // namespace

}  // namespace tandem

// Statistics of genes (from 1) over groups of cells (from 1, 0 for none).
// [[Rcpp::export]]
Rcpp::List layer_group_statistics(SEXP layer, Rcpp::IntegerVector groups, int n_groups, Rcpp::IntegerVector genes,
                                  bool ranks, bool expm1, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  if (groups.size() != open.cells()) {
    Rcpp::stop("There are %d groups for %d cells.", groups.size(), static_cast<int>(open.cells()));
  }
  if (n_groups > UINT16_MAX) Rcpp::stop("At most %d groups can be told apart, not %d.", UINT16_MAX, n_groups);
  const auto places = tandem::gene_places(open, genes);
  const int rows = places.size();
  Rcpp::NumericMatrix sum(rows, n_groups), nonzero(rows, n_groups), rank_sum(ranks ? rows : 0, n_groups);
  Rcpp::NumericVector ties(ranks ? rows : 0), cells(n_groups);
  const tandem::Answer answer{sum.begin(), nonzero.begin(), rank_sum.begin(), ties.begin(), rows};
  const auto run = [&](const auto& coded) {
    tandem::compute(open, coded, places, ranks, expm1, threads, answer);
    std::copy(coded.sizes.begin() + 1, coded.sizes.end(), cells.begin());
  };
  if (n_groups <= UINT8_MAX) run(tandem::Groups<std::uint8_t>(groups, n_groups));
  else run(tandem::Groups<std::uint16_t>(groups, n_groups));
  using Rcpp::_;
  Rcpp::List found = Rcpp::List::create(_["cells"] = cells, _["sum"] = sum, _["nonzero"] = nonzero);
  if (ranks) {
    found["rank_sum"] = rank_sum;
    found["ties"] = ties;
  }
  return found;
}
