// What is computed of each gene over groups of cells: sums, how many cells express it, and Wilcoxon's rank sums.
#include <cmath>
#include <cstring>
#include <memory>
#include <type_traits>

#include "layer.h"
#include "parallel.h"

namespace tandem {

namespace {

// Neighbouring entries are added up in separate lanes: no addition has to wait for the one before it.
constexpr int LANES = 4;
// Sums of counts and how many there are share a number where both are surely small enough.
constexpr int SUM_BITS = 40;
constexpr std::int64_t PACKED_CELLS = std::int64_t(1) << (64 - SUM_BITS);

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

template <typename Value>
using Bits = std::conditional_t<std::is_same_v<Value, float>, std::uint32_t, Value>;

// Values are stored as they are; equal bits are equal values.
template <typename Value>
Bits<Value> bits_of(Value value) {
  Bits<Value> bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// All loops here are without branches that depend on the data: those would be guessed wrong too often.
template <typename Value, typename Code>
class GeneWorker {
 public:
  GeneWorker(const Layer& layer, const Groups<Code>& groups, bool ranks, bool expm1, const Answer& answer)
      : layer_(layer), groups_(groups), ranks_(ranks), expm1_(expm1), answer_(answer), stride_(groups.sizes.size()),
        sums_(LANES * stride_), nonzero_(LANES * stride_), doubled_(LANES * stride_), packed_(LANES * stride_) {
    if (!ranks) return;
    values_.resize(layer.longest() + 1);
    codes_.resize(layer.longest() + 1);
    below_.resize(layer.longest());
  }

  void operator()(std::int64_t gene, std::int64_t row) {
    const Column<Value> column = layer_.template column<Value>(gene);
    if (ranks_) {
      const std::int64_t kept = choose(column);
      add_up(kept, values_.data(), [this](std::int64_t i) { return codes_[i]; });
      rank(kept, row);
    } else {
      add_up(column.size, column.values, [&](std::int64_t i) { return groups_.codes[column.cells[i]]; });
    }
    put(answer_.sum, row, sums_);
    put(answer_.nonzero, row, nonzero_);
  }

 private:
  // Set the entries of cells that take part aside, still ascending by value; how many those are.
  std::int64_t choose(const Column<Value>& column) {
    const Code* codes = groups_.codes.data();
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < column.size; ++i) {
      const Code code = codes[column.cells[i]];
      values_[kept] = column.values[i];
      codes_[kept] = code;
      kept += code != 0;
    }
    return kept;
  }

  template <typename CodeOf>
  void add_up(std::int64_t size, const Value* values, CodeOf code_of) {
    const bool packs = std::is_integral_v<Value> && !expm1_ && layer_.cells() < PACKED_CELLS;
    if (packs) return add_up_packed(size, values, code_of);
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill(nonzero_.begin(), nonzero_.end(), 0);
    for (std::int64_t i = 0; i < size; ++i) {
      const std::size_t place = (i % LANES) * stride_ + code_of(i);
      sums_[place] += expm1_ ? std::expm1(static_cast<double>(values[i])) : static_cast<double>(values[i]);
      nonzero_[place]++;
    }
    gather(sums_);
    gather(nonzero_);
  }

  template <typename CodeOf>
  void add_up_packed(std::int64_t size, const Value* values, CodeOf code_of) {
    constexpr std::uint64_t one = std::uint64_t(1) << SUM_BITS;
    std::fill(packed_.begin(), packed_.end(), 0);
    for (std::int64_t i = 0; i < size; ++i) {
      packed_[(i % LANES) * stride_ + code_of(i)] += one + static_cast<std::uint64_t>(values[i]);
    }
    gather(packed_);
    for (std::size_t group = 0; group < stride_; ++group) {
      sums_[group] = static_cast<double>(packed_[group] & (one - 1));
      nonzero_[group] = packed_[group] >> SUM_BITS;
    }
  }

  // Rank sums, doubled so that they are whole numbers. The doubled rank of a value is how many are below it, and how
  // many are not above it, and one. Values from `zeros_at` on have all zeros below them.
  void rank(std::int64_t kept, std::int64_t row) {
    std::fill(doubled_.begin(), doubled_.end(), 0);
    const std::int64_t zeros = groups_.cells - kept, zeros_at = count_negative(kept);
    double ties = tied(zeros);
    add_ranks(0, zeros_at, 0, ties);
    add_ranks(zeros_at, kept, zeros, ties);
    gather(doubled_);
    for (std::size_t group = 1; group < stride_; ++group) {
      const std::int64_t zeros_here = groups_.sizes[group] - nonzero_[group];
      doubled_[group] += zeros_here * (2 * zeros_at + zeros + 1);
      answer_.rank_sum[row + (group - 1) * answer_.genes] = static_cast<double>(doubled_[group]) / 2;
    }
    answer_.ties[row] = ties;
  }

  std::int64_t count_negative(std::int64_t kept) const {
    if (!layer_.header().negative) return 0;
    return std::lower_bound(values_.begin(), values_.begin() + kept, Value(0)) - values_.begin();
  }

  static double tied(double t) { return t * t * t - t; }

  // Add the doubled ranks of the chosen entries from `first` to `end`, with `zeros` more below them, and their ties.
  void add_ranks(std::int64_t first, std::int64_t end, std::int64_t zeros, double& ties) {
    if (first == end) return;
    std::int64_t below = first;
    Bits<Value> last = bits_of(values_[first]);
    for (std::int64_t i = first; i < end; ++i) {
      const Bits<Value> here = bits_of(values_[i]);
      below += (i - below) & -static_cast<std::int64_t>(here != last);
      last = here;
      below_[i] = static_cast<std::uint32_t>(below);
      doubled_[(i % LANES) * stride_ + codes_[i]] += below;
    }
    // Each of t equal values adds t^2 - 1: together t^3 - t.
    std::uint64_t tied = 0;
    std::int64_t not_above = end;
    for (std::int64_t i = end - 1; i >= first; --i) {
      const Bits<Value> here = bits_of(values_[i]);
      not_above += (i + 1 - not_above) & -static_cast<std::int64_t>(here != last);
      last = here;
      doubled_[(i % LANES) * stride_ + codes_[i]] += not_above + 2 * zeros + 1;
      const std::uint64_t equal = not_above - below_[i];
      tied += equal * equal - 1;
    }
    ties += static_cast<double>(tied);
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
  std::vector<std::uint64_t> packed_;
  // Of the chosen entries: value, group, and how many are below.
  std::vector<Value> values_;
  std::vector<Code> codes_;
  std::vector<std::uint32_t> below_;
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
