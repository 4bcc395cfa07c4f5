#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tandem {

// A checksum against accidents (bit rot, cut files, other contents), not against malice.
std::uint64_t checksum(const void* bytes, std::size_t length);

// The checksum of a whole file, read in blocks by several threads; the same for any number of them.
std::uint64_t file_checksum(const std::string& path, int threads);

std::string hexadecimal(std::uint64_t value);

}  // namespace tandem
