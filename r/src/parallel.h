// Work on many items by several threads: which thread takes which item is left open, so an item's result must depend
// on the item alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tandem {

// How many items a thread takes at a time.
constexpr std::int64_t ITEMS_AT_A_TIME = 16;

// Each thread makes a worker of its own (with its scratch memory) and calls it with one item after another.
template <typename MakeWorker>
void for_each_item(std::int64_t items, int threads, MakeWorker make_worker,
                   std::int64_t at_a_time = ITEMS_AT_A_TIME) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    try {
      auto worker = make_worker();
      for (;;) {
        const std::int64_t first = next.fetch_add(at_a_time);
        if (first >= items) return;
        const std::int64_t end = std::min(items, first + at_a_time);
        for (std::int64_t item = first; item < end; ++item) worker(item);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failing);
      if (!failure) failure = std::current_exception();
      next = items;
    }
  };
  const std::int64_t useful = (items + at_a_time - 1) / at_a_time;
  std::vector<std::thread> others;
  try {
    for (std::int64_t i = 1; i < std::min<std::int64_t>(threads, useful); ++i) others.emplace_back(work);
  } catch (const std::system_error&) {
    // Where the system gives no more threads, those that there are do all of it.
  }
  work();
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tandem
