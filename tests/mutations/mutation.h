#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// Damaged copies of real files. Mutation number n of a seed is the same bytes on every machine that
// has the same files.
namespace clipcourier::mutations {

// Chance that repeats itself (SplitMix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t bound) { return bound ? next() % bound : 0; }

 private:
  std::uint64_t state_;
};

struct Mutation {
  std::string file;  // which one was damaged
  std::string how;   // "flip 3 bits; cut at 1024"
  std::string bytes;
};

// Files of a folder, without its subfolders, by name; none larger than `most` bytes.
std::vector<std::filesystem::path> filesOf(const std::filesystem::path& folder, std::size_t most);

Mutation mutate(const std::vector<std::filesystem::path>& files, std::uint64_t seed, int number);

}  // namespace clipcourier::mutations
