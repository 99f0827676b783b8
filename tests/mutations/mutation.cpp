#include "mutations/mutation.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace clipcourier::mutations {
namespace {

std::string contentOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Headers and indexes lie at the beginning and at the end; most damage shall hit them.
std::size_t somewhere(const std::string& bytes, Dice& dice) {
  constexpr std::size_t kHead = 4'096, kTail = 16'384;
  switch (dice.below(4)) {
    case 0: return dice.below(bytes.size());
    case 1: return bytes.size() - 1 - dice.below(std::min(bytes.size(), kTail));
    default: return dice.below(std::min(bytes.size(), kHead));
  }
}

std::size_t lengthFrom(std::size_t at, const std::string& bytes, Dice& dice) {
  const std::size_t most = std::size_t{1} << (2 + dice.below(14));
  return std::min(1 + dice.below(most), bytes.size() - at);
}

using Damage = std::string (*)(std::string& bytes, Dice& dice);

std::string flipBits(std::string& bytes, Dice& dice) {
  const std::size_t count = 1 + dice.below(32);
  for (std::size_t i = 0; i < count; ++i)
    bytes[somewhere(bytes, dice)] ^= static_cast<char>(1 << dice.below(8));
  return "flip " + std::to_string(count) + " bits";
}

// Sizes, counts and times are numbers of two, four or eight bytes, in either order.
std::string putNumber(std::string& bytes, Dice& dice) {
  static constexpr std::array<std::uint64_t, 10> kNumbers{
      0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff};
  const std::size_t width = std::size_t{2} << dice.below(3);
  const std::uint64_t number = kNumbers[dice.below(kNumbers.size())];
  const bool littleEndian = dice.below(2) == 1;
  const std::size_t at = somewhere(bytes, dice);
  for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i)
    bytes[at + i] = static_cast<char>(number >> (8 * (littleEndian ? i : width - 1 - i)));
  return "number " + std::to_string(number) + " at " + std::to_string(at);
}

std::string noise(std::string& bytes, Dice& dice) {
  const std::size_t at = somewhere(bytes, dice), length = lengthFrom(at, bytes, dice);
  for (std::size_t i = 0; i < length; ++i) bytes[at + i] = static_cast<char>(dice.next());
  return "noise at " + std::to_string(at) + "+" + std::to_string(length);
}

std::string zeros(std::string& bytes, Dice& dice) {
  const std::size_t at = somewhere(bytes, dice), length = lengthFrom(at, bytes, dice);
  bytes.replace(at, length, length, '\0');
  return "zeros at " + std::to_string(at) + "+" + std::to_string(length);
}

std::string cut(std::string& bytes, Dice& dice) {
  bytes.resize(1 + dice.below(bytes.size()));
  return "cut at " + std::to_string(bytes.size());
}

std::string takeOut(std::string& bytes, Dice& dice) {
  const std::size_t at = somewhere(bytes, dice);
  const std::size_t length = std::min(lengthFrom(at, bytes, dice), bytes.size() - 1);
  bytes.erase(at, length);
  return "without " + std::to_string(at) + "+" + std::to_string(length);
}

std::string doubled(std::string& bytes, Dice& dice) {
  const std::size_t at = somewhere(bytes, dice), length = lengthFrom(at, bytes, dice);
  bytes.insert(somewhere(bytes, dice), bytes.substr(at, length));
  return "doubled " + std::to_string(at) + "+" + std::to_string(length);
}

constexpr std::array<Damage, 9> kDamages{flipBits,  flipBits, putNumber, putNumber, noise,
                                         putNumber, zeros,    takeOut,   doubled};

}  // namespace

std::uint64_t Dice::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

std::vector<std::filesystem::path> filesOf(const std::filesystem::path& folder, std::size_t most) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto type = entry.path().extension();
    if (!entry.is_regular_file() || type == ".tsv" || type == ".md") continue;
    if (entry.file_size() > 0 && entry.file_size() <= most) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Mutation mutate(const std::vector<std::filesystem::path>& files, std::uint64_t seed, int number) {
  Dice dice(seed * 1'000'003 + static_cast<std::uint64_t>(number));
  const std::filesystem::path& file = files[dice.below(files.size())];
  Mutation made{file.filename().string(), "", contentOf(file)};
  const std::size_t count = 1 + dice.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    made.how += (i ? "; " : "");
    made.how += kDamages[dice.below(kDamages.size())](made.bytes, dice);
  }
  if (dice.below(8) == 0) made.how += "; " + cut(made.bytes, dice);
  return made;
}

}  // namespace clipcourier::mutations
