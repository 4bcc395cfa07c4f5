// Turns matrices of genes x cells, as R holds them, into one layer file. See layer.h for its form.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "checksum.h"
#include "layer.h"
#include "parallel.h"
#include "ranking.h"

namespace tandem {

namespace {

// One matrix, genes x cells by columns, with the places of its rows and columns in the layer.
struct Piece {
  Piece(const Rcpp::List& parts, int n_genes, int n_cells)
      : starts(Rcpp::as<Rcpp::IntegerVector>(parts["p"])),
        rows(Rcpp::as<Rcpp::IntegerVector>(parts["i"])),
        values(Rcpp::as<Rcpp::NumericVector>(parts["x"])),
        genes(Rcpp::as<Rcpp::IntegerVector>(parts["genes"])),
        cells(Rcpp::as<Rcpp::IntegerVector>(parts["cells"])) {
    const bool fits = starts.size() == cells.size() + 1 && rows.size() == values.size() && starts[0] == 0 &&
                      std::is_sorted(starts.begin(), starts.end()) && starts[starts.size() - 1] <= rows.size() &&
                      all_within(rows, 0, genes.size() - 1) && all_within(genes, 1, n_genes) &&
                      all_within(cells, 1, n_cells);
    if (!fits) Rcpp::stop("A matrix of the layer does not fit its own dimensions.");
  }
  static bool all_within(const Rcpp::IntegerVector& places, R_xlen_t first, R_xlen_t last) {
    return std::all_of(places.begin(), places.end(), [=](int place) { return first <= place && place <= last; });
  }
  Rcpp::IntegerVector starts, rows;
  Rcpp::NumericVector values;
  Rcpp::IntegerVector genes, cells;  // from 1
};

// The entries of one cell, wherever they come from.
struct Entries {
  const int* rows = nullptr;
  const double* values = nullptr;
  const int* genes = nullptr;
  std::int64_t size = 0;
};

std::vector<Entries> entries_by_cell(const std::vector<Piece>& pieces, std::int64_t cells) {
  std::vector<Entries> found(cells);
  for (const Piece& piece : pieces) {
    for (R_xlen_t column = 0; column < piece.cells.size(); ++column) {
      Entries& entries = found.at(piece.cells[column] - 1);
      if (entries.rows != nullptr) Rcpp::stop("A cell stands in two matrices of the same layer.");
      const int start = piece.starts[column];
      entries = {piece.rows.begin() + start, piece.values.begin() + start, piece.genes.begin(),
                 piece.starts[column + 1] - start};
    }
  }
  return found;
}

// What a range of cells holds.
struct Survey {
  std::vector<std::int64_t> by_gene;
  std::int64_t negative = 0, bad_gene = -1;
  double largest = 0;
  bool whole = true;
};

Survey survey(const std::vector<Entries>& cells, std::int64_t first, std::int64_t end, std::int64_t genes) {
  Survey found;
  found.by_gene.assign(genes, 0);
  for (std::int64_t cell = first; cell < end; ++cell) {
    const Entries& entries = cells[cell];
    for (std::int64_t i = 0; i < entries.size; ++i) {
      const double value = entries.values[i];
      if (value == 0) continue;
      const std::int64_t gene = entries.genes[entries.rows[i]] - 1;
      if (!std::isfinite(static_cast<float>(value))) found.bad_gene = gene;
      found.by_gene[gene]++;
      found.negative += value < 0;
      found.largest = std::max(found.largest, value);
      found.whole = found.whole && value == std::trunc(value);
    }
  }
  return found;
}

// Cell ranges with about as many entries each.
std::vector<std::int64_t> ranges(const std::vector<Entries>& cells, int parts) {
  std::int64_t total = 0, seen = 0;
  for (const Entries& entries : cells) total += entries.size;
  std::vector<std::int64_t> bounds{0};
  for (std::size_t cell = 0; cell < cells.size() && bounds.size() < static_cast<std::size_t>(parts); ++cell) {
    seen += cells[cell].size;
    if (seen >= total * static_cast<std::int64_t>(bounds.size()) / parts) bounds.push_back(cell + 1);
  }
  bounds.push_back(cells.size());
  return bounds;
}

class NewFile {
 public:
  NewFile(const std::string& path, std::size_t bytes) : bytes_(bytes) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) throw std::runtime_error(path + " cannot be written: " + std::strerror(errno));
    // Room is taken beforehand: a full disk is then an error here, and not a signal when a page is written.
    const int failed = posix_fallocate(file, 0, bytes);
    mapping_ = failed ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapping_ == MAP_FAILED) {
      throw std::runtime_error(path + " cannot be written: " + std::strerror(failed ? failed : errno));
    }
  }
  ~NewFile() { munmap(mapping_, bytes_); }
  template <typename Type>
  Type* at(std::size_t offset) {
    return reinterpret_cast<Type*>(static_cast<char*>(mapping_) + offset);
  }

 private:
  void* mapping_;
  std::size_t bytes_;
};

template <typename Value>
void scatter(const std::vector<Entries>& cells, std::int64_t first, std::int64_t end, std::int64_t* next,
             std::int32_t* cell_at, Value* value_at) {
  for (std::int64_t cell = first; cell < end; ++cell) {
    const Entries& entries = cells[cell];
    for (std::int64_t i = 0; i < entries.size; ++i) {
      if (entries.values[i] == 0) continue;
      const std::int64_t place = next[entries.genes[entries.rows[i]] - 1]++;
      cell_at[place] = static_cast<std::int32_t>(cell);
      value_at[place] = static_cast<Value>(entries.values[i]);
    }
  }
}

// Sort the entries of each gene, which lie by cell, by value.
template <typename Value>
void sort_genes(const std::vector<std::int64_t>& starts, int threads, std::int32_t* cells, Value* values) {
  for_each_item(starts.size() - 1, threads, [&] {
    return [&, sorter = Sorter(), entries = std::vector<Ranked>()](std::int64_t gene) mutable {
      const std::int64_t start = starts[gene], size = starts[gene + 1] - start;
      entries.resize(size);
      for (std::int64_t i = 0; i < size; ++i) entries[i] = ranked_of(key_of(values[start + i]), cells[start + i]);
      const Ranked* sorted = sorter.sort(entries.data(), size);
      for (std::int64_t i = 0; i < size; ++i) {
        values[start + i] = value_of<Value>(key_in(sorted[i]));
        cells[start + i] = rest_in(sorted[i]);
      }
    };
  });
}

void seal(LayerHeader& header) { header.own = checksum(&header, offsetof(LayerHeader, own)); }

ValueType narrowest(const Survey& all) {
  if (!all.whole || all.negative > 0 || all.largest > 65535) return ValueType::float32;
  return all.largest > 255 ? ValueType::uint16 : ValueType::uint8;
}

}  // namespace

void write_layer(const std::vector<Piece>& pieces, const std::string& path, std::int64_t genes, std::int64_t cells,
                 std::uint64_t source, int threads) {
  const auto by_cell = entries_by_cell(pieces, cells);
  const auto bounds = ranges(by_cell, std::max(1, threads));
  const std::int64_t parts = bounds.size() - 1;
  std::vector<Survey> surveys(parts);
  for_each_item(parts, threads, [&] {
    return [&](std::int64_t part) { surveys[part] = survey(by_cell, bounds[part], bounds[part + 1], genes); };
  }, 1);

  Survey all;
  for (const Survey& one : surveys) {
    if (one.bad_gene >= 0) {
      throw std::invalid_argument(std::to_string(one.bad_gene + 1));  // which gene, for whoever knows its name
    }
    all.negative += one.negative;
    all.largest = std::max(all.largest, one.largest);
    all.whole = all.whole && one.whole;
  }
  LayerHeader header{};
  std::memcpy(header.magic, LAYER_MAGIC, sizeof LAYER_MAGIC);
  header.version = LAYER_VERSION;
  header.value_type = narrowest(all);
  header.cells = cells;
  header.genes = genes;
  header.source = source;
  header.negative = all.negative;
  // From counts of each part to where each part's entries of each gene begin.
  std::vector<std::int64_t> starts(genes + 1);
  for (std::int64_t gene = 0; gene < genes; ++gene) {
    starts[gene] = header.entries;
    for (Survey& one : surveys) header.entries += std::exchange(one.by_gene[gene], header.entries);
  }
  starts[genes] = header.entries;
  seal(header);

  const LayerPlan plan(header);
  NewFile file(path, plan.bytes);
  std::memcpy(file.at<LayerHeader>(0), &header, sizeof header);
  std::memcpy(file.at<std::int64_t>(plan.starts), starts.data(), starts.size() * sizeof starts[0]);
  const auto write = [&](auto type) {
    auto* cells_at = file.at<std::int32_t>(plan.cells);
    auto* values_at = file.at<decltype(type)>(plan.values);
    for_each_item(parts, threads, [&] {
      return [&](std::int64_t part) {
        scatter(by_cell, bounds[part], bounds[part + 1], surveys[part].by_gene.data(), cells_at, values_at);
      };
    }, 1);
    sort_genes(starts, threads, cells_at, values_at);
  };
  switch (header.value_type) {
    case ValueType::uint8: write(std::uint8_t()); break;
    case ValueType::uint16: write(std::uint16_t()); break;
    default: write(float());
  }
}

// Only the header changes: a layer may be written, and used, before the file that it will belong to.
void assign_source(const std::string& path, std::uint64_t source) {
  LayerHeader header = Layer(path).header();
  header.source = source;
  seal(header);
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool written = file >= 0 && pwrite(file, &header, sizeof header, 0) == sizeof header;
  if (file >= 0) close(file);
  if (!written) throw std::runtime_error(path + " cannot be written: " + std::strerror(errno));
}

}  // namespace tandem

// Write a layer of `n_genes` x `n_cells` out of matrices that each hold some of its cells.
// [[Rcpp::export]]
void layer_write(Rcpp::List pieces, std::string path, int n_genes, int n_cells, std::string source, int threads) {
  std::vector<tandem::Piece> parts;
  for (R_xlen_t i = 0; i < pieces.size(); ++i) parts.emplace_back(pieces[i], n_genes, n_cells);
  tandem::write_layer(parts, path, n_genes, n_cells, std::stoull(source, nullptr, 16), threads);
}

// Tell a layer the checksum (hexadecimal) of the file that it belongs to.
// [[Rcpp::export]]
void layer_assign(std::string path, std::string source) {
  tandem::assign_source(path, std::stoull(source, nullptr, 16));
}
