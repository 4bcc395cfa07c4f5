// Genes as rows of text: the values of chosen cells, with the fewest digits that read back to the same 32-bit float.
#include <charconv>
#include <cstring>

#include "layer.h"
#include "parallel.h"

namespace tandem {

namespace {

// Longest text of a float, with the comma before it and room to spare.
constexpr std::size_t VALUE_BYTES = 24;

class RowWriter {
 public:
  RowWriter(const Layer& layer, const std::vector<std::int32_t>& chosen, std::vector<std::string>& rows)
      : layer_(layer), chosen_(chosen), rows_(rows), values_(layer.cells()) {}

  template <typename Value>
  void write(std::int64_t gene, std::int64_t row) {
    const Column<Value> column = layer_.template column<Value>(gene);
    for (std::int64_t i = 0; i < column.size; ++i) values_[column.cells[i]] = static_cast<float>(column.values[i]);
    std::string& text = rows_[row];
    for (const std::int32_t cell : chosen_) {
      if (values_[cell] == 0) text.append(",0", 2);
      else put(text, values_[cell]);
    }
    text.push_back('\n');
    for (std::int64_t i = 0; i < column.size; ++i) values_[column.cells[i]] = 0;
  }

 private:
  static void put(std::string& text, float value) {
    char digits[VALUE_BYTES];
    digits[0] = ',';
    text.append(digits, std::to_chars(digits + 1, digits + VALUE_BYTES, value).ptr - digits);
  }

  const Layer& layer_;
  const std::vector<std::int32_t>& chosen_;
  std::vector<std::string>& rows_;
  std::vector<float> values_;  // of every cell, all zero between two genes
};

}  // namespace

}  // namespace tandem

// A line for each gene (from 1): its label, then the values of the cells (from 1) in their order, with commas between.
// [[Rcpp::export]]
Rcpp::RawVector layer_rows(SEXP layer, Rcpp::IntegerVector genes, Rcpp::CharacterVector labels,
                           Rcpp::IntegerVector cells, int threads) {
  const tandem::Layer& open = tandem::layer_behind(layer);
  const auto places = tandem::gene_places(open, genes);
  std::vector<std::int32_t> chosen(cells.size());
  for (R_xlen_t i = 0; i < cells.size(); ++i) {
    if (cells[i] < 1 || cells[i] > open.cells()) Rcpp::stop("There is no cell %d.", cells[i]);
    chosen[i] = cells[i] - 1;
  }
  auto rows = Rcpp::as<std::vector<std::string>>(labels);
  if (rows.size() != places.size()) Rcpp::stop("There are %d labels for %d genes.", rows.size(), places.size());
  open.with_values([&](auto type) {
    tandem::for_each_item(places.size(), threads, [&] {
      return [&, writer = tandem::RowWriter(open, chosen, rows)](std::int64_t row) mutable {
        writer.template write<decltype(type)>(places[row], row);
      };
    }, 1);
  });
  std::size_t bytes = 0;
  for (const std::string& row : rows) bytes += row.size();
  Rcpp::RawVector text(bytes);
  auto end = reinterpret_cast<char*>(text.begin());
  for (const std::string& row : rows) end = std::copy(row.begin(), row.end(), end);
  return text;
}
