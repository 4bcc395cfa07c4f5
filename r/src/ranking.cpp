#include "ranking.h"

#include <algorithm>

namespace tandem {

namespace {

// Up to so many elements are sorted by comparing.
constexpr std::size_t FEW = 48;
// What an element costs in a pass, and what a bucket costs, measured in the same unit.
constexpr double ELEMENT_COST = 1.6, BUCKET_COST = 0.6;
constexpr int MOST_BITS = 14, MOST_PASSES = 6;

int bits_of(std::uint32_t range) {
  int bits = 0;
  for (; range; range >>= 1) ++bits;
  return bits;
}

int cheapest_passes(int bits, std::size_t size) {
  int best = MOST_PASSES;
  double least = -1;
  for (int passes = 1; passes <= MOST_PASSES; ++passes) {
    const int width = (bits + passes - 1) / passes;
    if (width > MOST_BITS) continue;
    const double cost = passes * (ELEMENT_COST * size + BUCKET_COST * (1 << width));
    if (least < 0 || cost < least) {
      least = cost;
      best = passes;
    }
  }
  return best;
}

void insertion_sort(Ranked* first, std::size_t size) {
  for (std::size_t i = 1; i < size; ++i) {
    const Ranked moving = first[i];
    std::size_t to = i;
    for (; to > 0 && key_in(first[to - 1]) > key_in(moving); --to) first[to] = first[to - 1];
    first[to] = moving;
  }
}

// The counts of all passes in one look at the elements.
template <int passes>
void count(const Ranked* first, std::size_t size, std::uint32_t lowest, int width, std::uint32_t* counts) {
  const std::uint32_t mask = (1u << width) - 1;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t key = key_in(first[i]) - lowest;
    for (int pass = 0; pass < passes; ++pass) counts[(pass << width) + ((key >> (pass * width)) & mask)]++;
  }
}

void count_all(int passes, const Ranked* first, std::size_t size, std::uint32_t lowest, int width,
               std::uint32_t* counts) {
  switch (passes) {
    case 1: return count<1>(first, size, lowest, width, counts);
    case 2: return count<2>(first, size, lowest, width, counts);
    case 3: return count<3>(first, size, lowest, width, counts);
    case 4: return count<4>(first, size, lowest, width, counts);
    case 5: return count<5>(first, size, lowest, width, counts);
    default: return count<6>(first, size, lowest, width, counts);
  }
}

}  // namespace

Ranked* Sorter::sort(Ranked* first, std::size_t size) {
  if (size <= FEW) {
    insertion_sort(first, size);
    return first;
  }
  std::uint32_t lowest = ~0u, highest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    lowest = std::min(lowest, key_in(first[i]));
    highest = std::max(highest, key_in(first[i]));
  }
  if (lowest == highest) return first;
  const int bits = bits_of(highest - lowest), passes = cheapest_passes(bits, size);
  const int width = (bits + passes - 1) / passes;
  const std::uint32_t buckets = 1u << width;
  counts_.assign(static_cast<std::size_t>(passes) << width, 0);
  if (other_.size() < size) other_.resize(size);
  count_all(passes, first, size, lowest, width, counts_.data());

  Ranked *from = first, *to = other_.data();
  for (int pass = 0; pass < passes; ++pass) {
    std::uint32_t* next = counts_.data() + (static_cast<std::size_t>(pass) << width);
    std::uint32_t before = 0;
    for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
      const std::uint32_t here = next[bucket];
      next[bucket] = before;
      before += here;
    }
    const int shift = pass * width;
    for (std::size_t i = 0; i < size; ++i) {
      to[next[((key_in(from[i]) - lowest) >> shift) & (buckets - 1)]++] = from[i];
    }
    std::swap(from, to);
  }
  return from;
}

}  // namespace tandem
