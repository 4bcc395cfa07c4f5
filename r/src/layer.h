// A layer of expression on disk, gene by gene: for each gene the cells where it is not zero, and the values there.
//
//   header (64 bytes)
//   genes + 1 starts, int64       where each gene's entries begin
//   entries cells, int32          from 0
//   entries values                float32, or uint8 or uint16 where all values are such counts
//
// The entries of a gene ascend by value, those of equal values by cell: sorted once when the file is written, they are
// ranked in any groups of cells by walking over them. All numbers are little-endian; each array begins at a multiple
// of 64 bytes. The file is mapped, never read whole.
#pragma once

#include <Rcpp.h>

#include <cstdint>
#include <string>

namespace tandem {

enum class ValueType : std::uint32_t { float32 = 0, uint8 = 1, uint16 = 2 };

struct LayerHeader {
  char magic[8];
  std::uint32_t version;
  ValueType value_type;
  std::int64_t cells, genes, entries;
  std::uint64_t source;    // the checksum of the file that the layer was made of
  std::uint64_t negative;  // how many values are below zero
  std::uint64_t own;       // the checksum of the fields above
};
static_assert(sizeof(LayerHeader) == 64, "the header's size is part of the format");

constexpr char LAYER_MAGIC[8] = {'T', 'A', 'N', 'D', 'E', 'M', 'G', 'M'};
constexpr std::uint32_t LAYER_VERSION = 1;
constexpr std::size_t ALIGNMENT = 64;

inline std::size_t aligned(std::size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }
inline std::size_t value_bytes(ValueType type) {
  return type == ValueType::float32 ? 4 : type == ValueType::uint16 ? 2 : 1;
}

// Where the arrays of a layer lie in its file.
struct LayerPlan {
  explicit LayerPlan(const LayerHeader& header)
      : starts(aligned(sizeof(LayerHeader))),
        cells(aligned(starts + (header.genes + 1) * sizeof(std::int64_t))),
        values(aligned(cells + header.entries * sizeof(std::int32_t))),
        bytes(values + header.entries * value_bytes(header.value_type)) {}
  std::size_t starts, cells, values, bytes;
};

// The entries of one gene.
template <typename Value>
struct Column {
  const std::int32_t* cells;
  const Value* values;
  std::int64_t size;
};

// A mapped layer; the mapping ends with the object. Forked processes share it.
class Layer {
 public:
  explicit Layer(const std::string& path);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  const LayerHeader& header() const { return header_; }
  std::int64_t cells() const { return header_.cells; }
  std::int64_t genes() const { return header_.genes; }
  std::int64_t start(std::int64_t gene) const { return starts_[gene]; }
  std::int64_t longest() const { return longest_; }

  template <typename Value>
  Column<Value> column(std::int64_t gene) const {
    const std::int64_t start = starts_[gene];
    return {cells_ + start, static_cast<const Value*>(values_) + start, starts_[gene + 1] - start};
  }

  // Call `use(Value())` with the type that the layer's values have.
  template <typename Use>
  auto with_values(Use use) const {
    switch (header_.value_type) {
      case ValueType::uint8: return use(std::uint8_t());
      case ValueType::uint16: return use(std::uint16_t());
      default: return use(float());
    }
  }

 private:
  LayerHeader header_;
  void* mapping_;
  std::size_t bytes_;
  std::int64_t longest_;
  const std::int64_t* starts_;
  const std::int32_t* cells_;
  const void* values_;
};

using LayerPointer = Rcpp::XPtr<Layer>;

// The layer behind a pointer from R, with a sentence where there is none (any more).
const Layer& layer_behind(SEXP pointer);

// Genes as R counts them, from 1, checked.
std::vector<std::int64_t> gene_places(const Layer& layer, const Rcpp::IntegerVector& genes);

}  // namespace tandem
