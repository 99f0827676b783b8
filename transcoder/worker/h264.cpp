#include "transcoder/worker/h264.h"

#include <algorithm>
#include <string>

namespace clipcourier::transcoder {
namespace {

constexpr int kSliceNonIdr = 1;
constexpr int kSlicePartitionA = 2;
constexpr int kSliceIdr = 5;
constexpr int kSei = 6;
constexpr int kSps = 7;
constexpr int kPps = 8;

// Bits of a NAL unit's payload, without the bytes that only prevent start codes.
class Bits {
 public:
  explicit Bits(std::string_view payload) {
    int zeros = 0;
    for (const char c : payload) {
      if (zeros >= 2 && c == 3) {
        zeros = 0;
        continue;
      }
      zeros = c == 0 ? zeros + 1 : 0;
      data_ += c;
    }
  }
  // Exp-Golomb; -1 past the end or when it is too long to be real.
  std::int64_t ue() {
    int zeros = 0;
    int bit;
    while ((bit = next()) == 0)
      if (++zeros > 31) return -1;
    if (bit < 0) return -1;
    std::int64_t value = 1;
    for (int i = 0; i < zeros; ++i) {
      bit = next();
      if (bit < 0) return -1;
      value = value << 1 | bit;
    }
    return value - 1;
  }

 private:
  int next() {
    if (at_ / 8 >= data_.size()) return -1;
    const int bit = static_cast<unsigned char>(data_[at_ / 8]) >> (7 - at_ % 8) & 1;
    ++at_;
    return bit;
  }
  std::string data_;
  std::size_t at_ = 0;
};

// Decoders believe the parameter sets, phones look at what stands before them.
bool saysWhatItsSetsSay(std::string_view avcC) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(avcC[at]); };
  std::size_t at = 6;
  for (int sets = byte(5) & 31; sets > 0 && at + 2 <= avcC.size(); --sets) {
    const auto size = static_cast<std::size_t>(byte(at) << 8 | byte(at + 1));
    at += 2;
    if (size >= 4 && avcC.size() - at >= size &&
        (avcC[at + 1] != avcC[1] || avcC[at + 3] != avcC[3]))
      return false;
    at += size;
  }
  return true;
}

void countUnit(std::string_view unit, SliceCounts& counts) {
  const int type = unit[0] & 31;
  if (type == kSei) ++counts.sei;
  if (type != kSliceNonIdr && type != kSliceIdr && type != kSlicePartitionA) return;
  Bits bits(unit.substr(1, 32));  // first_mb_in_slice and slice_type are the first two numbers
  const std::int64_t firstBlock = bits.ue();
  const std::int64_t sliceType = bits.ue();
  if (firstBlock < 0 || sliceType < 0 || sliceType > 9) {
    ++counts.broken;
    return;
  }
  switch (sliceType % 5) {
    case 0: ++counts.p; break;
    case 1: ++counts.b; break;
    case 2: ++counts.i; break;
    default: ++counts.other; break;  // SP and SI
  }
}

}  // namespace

void countSlices(std::string_view sample, int lengthBytes, SliceCounts& counts) {
  if (lengthBytes < 1 || lengthBytes > 4) {
    ++counts.broken;
    return;
  }
  const auto prefix = static_cast<std::size_t>(lengthBytes);
  while (!sample.empty()) {
    std::size_t size = 0;
    if (sample.size() < prefix) break;
    for (std::size_t i = 0; i < prefix; ++i)
      size = size << 8 | static_cast<unsigned char>(sample[i]);
    sample.remove_prefix(prefix);
    if (size == 0 || size > sample.size()) break;
    countUnit(sample.substr(0, size), counts);
    sample.remove_prefix(size);
    if (sample.empty()) return;
  }
  ++counts.broken;
}

std::string onlyPicture(std::string_view sample, int lengthBytes) {
  const std::string whole(sample);
  if (lengthBytes < 1 || lengthBytes > 4) return whole;
  const auto prefix = static_cast<std::size_t>(lengthBytes);
  std::string kept;
  while (!sample.empty()) {
    if (sample.size() < prefix) return whole;
    std::size_t size = 0;
    for (std::size_t i = 0; i < prefix; ++i)
      size = size << 8 | static_cast<unsigned char>(sample[i]);
    if (size == 0 || size > sample.size() - prefix) return whole;
    const int type = sample[prefix] & 31;
    if ((type >= kSliceNonIdr && type <= kSliceIdr) || type == kSps || type == kPps)
      kept += sample.substr(0, prefix + size);
    sample.remove_prefix(prefix + size);
  }
  return kept;
}

AvcConfig parseAvcConfig(std::string_view avcC) {
  if (avcC.size() < 7 || avcC[0] != 1 || !saysWhatItsSetsSay(avcC)) return {};
  return {static_cast<unsigned char>(avcC[1]), static_cast<unsigned char>(avcC[3]),
          (avcC[4] & 3) + 1};
}

}  // namespace clipcourier::transcoder
