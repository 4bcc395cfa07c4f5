#include "layer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <stdexcept>

#include "checksum.h"
#include "parallel.h"
#include "ranking.h"

namespace tandem {

namespace {

[[noreturn]] void refuse(const std::string& path, const char* why) { throw std::runtime_error(path + " " + why); }

// The starts are what every access relies on.
std::int64_t longest_column(const std::string& path, const std::int64_t* starts, const LayerHeader& header) {
  std::int64_t longest = 0;
  if (starts[0] != 0 || starts[header.genes] != header.entries) refuse(path, "is damaged: its genes do not fit.");
  for (std::int64_t gene = 0; gene < header.genes; ++gene) {
    const std::int64_t size = starts[gene + 1] - starts[gene];
    if (size < 0 || size > header.cells) refuse(path, "is damaged: its genes do not fit.");
    longest = std::max(longest, size);
  }
  return longest;
}

}  // namespace

Layer::Layer(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse(path, std::strerror(errno));
  struct stat status;
  const bool whole = fstat(file, &status) == 0 && pread(file, &header_, sizeof header_, 0) == sizeof header_;
  bytes_ = whole ? status.st_size : 0;
  mapping_ = whole ? mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (mapping_ == MAP_FAILED) refuse(path, "cannot be mapped into memory.");
  try {
    if (std::memcmp(header_.magic, LAYER_MAGIC, sizeof LAYER_MAGIC) != 0) refuse(path, "is no layer of expression.");
    if (header_.version != LAYER_VERSION) refuse(path, "is a layer of another version.");
    if (checksum(&header_, offsetof(LayerHeader, own)) != header_.own || header_.value_type > ValueType::uint16)
      refuse(path, "is damaged: its header does not fit.");
    const LayerPlan plan(header_);
    if (plan.bytes != bytes_) refuse(path, "is damaged: it has another size than it should.");
    const auto* base = static_cast<const char*>(mapping_);
    starts_ = reinterpret_cast<const std::int64_t*>(base + plan.starts);
    cells_ = reinterpret_cast<const std::int32_t*>(base + plan.cells);
    values_ = base + plan.values;
    longest_ = longest_column(path, starts_, header_);
  } catch (...) {
    munmap(mapping_, bytes_);
    throw;
  }
}

Layer::~Layer() { munmap(mapping_, bytes_); }

const Layer& layer_behind(SEXP pointer) {
  if (TYPEOF(pointer) != EXTPTRSXP || R_ExternalPtrAddr(pointer) == nullptr)
    Rcpp::stop("The layer is not open in this process; load the dataset here.");
  return *LayerPointer(pointer);
}

std::vector<std::int64_t> gene_places(const Layer& layer, const Rcpp::IntegerVector& genes) {
  std::vector<std::int64_t> places;
  places.reserve(genes.size());
  for (const int gene : genes) {
    if (gene == NA_INTEGER || gene < 1 || gene > layer.genes()) Rcpp::stop("There is no gene %d in the layer.", gene);
    places.push_back(gene - 1);
  }
  return places;
}

}  // namespace tandem

using tandem::Layer;

// [[Rcpp::export]]
SEXP layer_open(std::string path) { return tandem::LayerPointer(new Layer(path)); }

// [[Rcpp::export]]
Rcpp::List layer_facts(SEXP layer) {
  const tandem::LayerHeader& header = tandem::layer_behind(layer).header();
  static const char* types[] = {"float32", "uint8", "uint16"};
  using Rcpp::_;
  return Rcpp::List::create(
      _["cells"] = static_cast<double>(header.cells), _["genes"] = static_cast<double>(header.genes),
      _["entries"] = static_cast<double>(header.entries), _["source"] = tandem::hexadecimal(header.source),
      _["value_type"] = types[static_cast<int>(header.value_type)], _["negative"] = header.negative > 0);
}

// The entries of genes (from 1): cells from 0, ascending, and their values.
// [[Rcpp::export]]
Rcpp::List layer_columns(SEXP layer, Rcpp::IntegerVector genes) {
  const Layer& open = tandem::layer_behind(layer);
  const auto places = tandem::gene_places(open, genes);
  Rcpp::List columns(places.size());
  tandem::Sorter sorter;
  std::vector<tandem::Ranked> entries;
  open.with_values([&](auto type) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto column = open.column<decltype(type)>(places[i]);
      entries.clear();
      for (std::int64_t at = 0; at < column.size; ++at) entries.push_back(tandem::ranked_of(column.cells[at], at));
      const tandem::Ranked* by_cell = sorter.sort(entries.data(), entries.size());
      Rcpp::IntegerVector cells(column.size);
      Rcpp::NumericVector values(column.size);
      for (std::int64_t at = 0; at < column.size; ++at) {
        cells[at] = tandem::key_in(by_cell[at]);
        values[at] = column.values[tandem::rest_in(by_cell[at])];
      }
      columns[i] = Rcpp::List::create(Rcpp::_["cell"] = cells, Rcpp::_["value"] = values);
    }
  });
  return columns;
}

// The entries of genes (from 1) as the slots of a sparse matrix by columns, cells x genes.
// [[Rcpp::export]]
Rcpp::List layer_entries(SEXP layer, Rcpp::IntegerVector genes, int threads) {
  const Layer& open = tandem::layer_behind(layer);
  const auto places = tandem::gene_places(open, genes);
  Rcpp::IntegerVector starts(places.size() + 1);
  std::int64_t entries = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    entries += open.start(places[i] + 1) - open.start(places[i]);
    if (entries > INT_MAX) Rcpp::stop("These genes have more values than a sparse matrix can hold.");
    starts[i + 1] = entries;
  }
  Rcpp::IntegerVector cells(entries);
  Rcpp::NumericVector values(entries);
  const int* starts_at = starts.begin();
  int* cells_at = cells.begin();
  double* values_at = values.begin();
  open.with_values([&](auto type) {
    tandem::for_each_item(places.size(), threads, [&] {
      return [&, sorter = tandem::Sorter(), ranked = std::vector<tandem::Ranked>()](std::int64_t item) mutable {
        const auto column = open.column<decltype(type)>(places[item]);
        ranked.resize(column.size);
        for (std::int64_t at = 0; at < column.size; ++at) ranked[at] = tandem::ranked_of(column.cells[at], at);
        const tandem::Ranked* by_cell = sorter.sort(ranked.data(), ranked.size());
        for (std::int64_t at = 0; at < column.size; ++at) {
          cells_at[starts_at[item] + at] = tandem::key_in(by_cell[at]);
          values_at[starts_at[item] + at] = column.values[tandem::rest_in(by_cell[at])];
        }
      };
    });
  });
  return Rcpp::List::create(Rcpp::_["p"] = starts, Rcpp::_["i"] = cells, Rcpp::_["x"] = values);
}
