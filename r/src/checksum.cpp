#include "checksum.h"

#include <Rcpp.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "parallel.h"

namespace tandem {

namespace {

constexpr std::size_t BLOCK_BYTES = 1 << 20;
constexpr int LANES = 4;
// Odd constants with well mixed bits.
constexpr std::uint64_t MIX = 0x9E3779B97F4A7C15u, MIX_AGAIN = 0xD6E8FEB86659FD93u;

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * MIX;
  return (state << 31) | (state >> 33);
}

std::uint64_t finished(std::uint64_t state) {
  state = (state ^ (state >> 32)) * MIX_AGAIN;
  return state ^ (state >> 29);
}

}  // namespace

std::uint64_t checksum(const void* bytes, std::size_t length) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint64_t lanes[LANES] = {1, 2, 3, 4};
  std::size_t left = length;
  for (; left >= sizeof lanes; left -= sizeof lanes, at += sizeof lanes) {
    std::uint64_t words[LANES];
    std::memcpy(words, at, sizeof words);
    for (int lane = 0; lane < LANES; ++lane) lanes[lane] = mixed(lanes[lane], words[lane]);
  }
  std::uint64_t rest[LANES] = {};
  std::memcpy(rest, at, left);
  std::uint64_t state = length;
  for (int lane = 0; lane < LANES; ++lane) state = mixed(mixed(state, lanes[lane]), rest[lane]);
  return finished(state);
}

std::uint64_t file_checksum(const std::string& path, int threads) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error(path + " cannot be opened: " + std::strerror(errno));
  struct stat status;
  const bool known = fstat(file, &status) == 0;
  const std::size_t length = known ? status.st_size : 0, blocks = (length + BLOCK_BYTES - 1) / BLOCK_BYTES;
  std::vector<std::uint64_t> sums(blocks);
  std::atomic<bool> cut{!known};
  for_each_item(blocks, threads, [&] {
    return [&, block_bytes = std::vector<char>(BLOCK_BYTES)](std::int64_t block) mutable {
      std::size_t have = 0;
      const std::size_t offset = block * BLOCK_BYTES, wanted = std::min(BLOCK_BYTES, length - offset);
      while (have < wanted) {
        const ssize_t got = pread(file, block_bytes.data() + have, wanted - have, offset + have);
        if (got <= 0) {
          cut = true;
          return;
        }
        have += got;
      }
      sums[block] = checksum(block_bytes.data(), wanted);
    };
  });
  close(file);
  if (cut) throw std::runtime_error(path + " cannot be read to its end.");
  return finished(checksum(sums.data(), blocks * sizeof sums[0]) ^ length);
}

std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace tandem

//' The checksum of a file, as text
// [[Rcpp::export]]
std::string checksum_of_file(std::string path, int threads) {
  return tandem::hexadecimal(tandem::file_checksum(path, threads));
}
