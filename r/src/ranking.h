// Sorting the values of one gene together with the groups of their cells.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace tandem {

// A value and a group in 64 bits that sort by the value: the key above, the group below.
using Ranked = std::uint64_t;

// A whole number that is ordered as the float is, negative ones included.
inline std::uint32_t key_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
constexpr std::uint32_t ZERO_KEY = 0x80000000u;

inline std::uint32_t key_in(Ranked ranked) { return static_cast<std::uint32_t>(ranked >> 32); }
inline std::uint32_t group_in(Ranked ranked) { return static_cast<std::uint32_t>(ranked); }
inline Ranked ranked_of(float value, std::uint32_t group) {
  return static_cast<Ranked>(key_of(value)) << 32 | group;
}

// Radix sort by key: the range of the keys and how many there are decide how many passes it takes.
class Sorter {
 public:
  // Sorts `size` elements at `first`; what is returned points to them in order, there or in the sorter's own memory.
  Ranked* sort(Ranked* first, std::size_t size);

 private:
  std::vector<Ranked> other_;
  std::vector<std::uint32_t> counts_;
};

}  // namespace tandem
