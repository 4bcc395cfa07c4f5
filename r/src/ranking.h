// Sorting the values of one gene together with their cells.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace tandem {

// A value and what belongs to it in 64 bits that sort by the value: its key above, the rest below.
using Ranked = std::uint64_t;

// Whole numbers that are ordered as the values are, negative ones included.
inline std::uint32_t key_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
inline std::uint32_t key_of(std::uint8_t value) { return value; }
inline std::uint32_t key_of(std::uint16_t value) { return value; }

template <typename Value>
Value value_of(std::uint32_t key) {
  return static_cast<Value>(key);
}
template <>
inline float value_of<float>(std::uint32_t key) {
  const std::uint32_t bits = key & 0x80000000u ? key ^ 0x80000000u : ~key;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline std::uint32_t key_in(Ranked ranked) { return static_cast<std::uint32_t>(ranked >> 32); }
inline std::uint32_t rest_in(Ranked ranked) { return static_cast<std::uint32_t>(ranked); }
inline Ranked ranked_of(std::uint32_t key, std::uint32_t rest) { return static_cast<Ranked>(key) << 32 | rest; }

// Radix sort by key; equal keys keep their order. The range of the keys and how many there are decide how many passes
// it takes.
class Sorter {
 public:
  // Sorts `size` elements at `first`; what is returned points to them in order, there or in the sorter's own memory.
  Ranked* sort(Ranked* first, std::size_t size);

 private:
  std::vector<Ranked> other_;
  std::vector<std::uint32_t> counts_;
};

}  // namespace tandem
