#include "transcoder/worker/h264.h"

#include <algorithm>
#include <string>

namespace clipcourier::transcoder {
namespace {

constexpr int kSliceNonIdr = 1;
constexpr int kSliceIdr = 5;
constexpr int kSei = 6;
constexpr int kSps = 7;
constexpr int kPps = 8;
constexpr int kMostBlocks = 1'055;  // of 16 pixels in a row or column: level 6.2, A.3.1

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
  int next() {  // -1 past the end
    if (at_ / 8 >= data_.size()) return -1;
    const int bit = static_cast<unsigned char>(data_[at_ / 8]) >> (7 - at_ % 8) & 1;
    ++at_;
    return bit;
  }

 private:
  std::string data_;
  std::size_t at_ = 0;
};

// Not those of the Extended profile, which other decoders pass over without a look.
bool isSlice(int type) { return type == kSliceNonIdr || type == kSliceIdr; }

// Takes a NAL unit with its length from the front; empty when there is none, or none that is whole.
std::string_view takeUnit(std::string_view& sample, int lengthBytes) {
  const auto prefix = static_cast<std::size_t>(lengthBytes);
  if (sample.size() < prefix) return {};
  std::size_t size = 0;
  for (std::size_t i = 0; i < prefix; ++i) size = size << 8 | static_cast<unsigned char>(sample[i]);
  if (size > sample.size() - prefix) return {};
  const std::string_view unit = sample.substr(prefix, size);
  sample.remove_prefix(prefix + size);
  return unit;
}

// Takes `count` parameter sets; cut off ones are left to the decoders to complain about.
std::vector<std::string> takeSets(std::string_view& avcC, int count) {
  std::vector<std::string> sets;
  while (count-- > 0) {
    const std::string_view unit = takeUnit(avcC, 2);
    if (unit.empty()) break;
    sets.emplace_back(unit);
  }
  return sets;
}

// Decoders believe the parameter sets, phones look at what stands before them.
bool saysWhatItsSetsSay(std::string_view avcC, const std::vector<std::string>& sps) {
  return std::all_of(sps.begin(), sps.end(), [&](const std::string& each) {
    return each.size() < 4 || (each[1] == avcC[1] && each[3] == avcC[3]);
  });
}

// What High has before the frame numbers: the kind of pixels, which must be 4:2:0 in eight bits.
bool skipHighFields(Bits& bits) {
  const bool plain = bits.ue() == 1 && bits.ue() == 0 && bits.ue() == 0;
  bits.next();                       // lossless
  return plain && bits.next() == 0;  // scaling lists
}

// How the order of showing is told. Signed numbers are as long as unsigned ones.
bool skipPictureOrder(Bits& bits) {
  const std::int64_t type = bits.ue();
  if (type == 0) bits.ue();
  if (type == 1) {
    bits.next();
    bits.ue();
    bits.ue();
    const std::int64_t cycle = bits.ue();
    if (cycle > 255) return false;
    for (std::int64_t i = 0; i < cycle; ++i) bits.ue();
  }
  return type >= 0 && type <= 2;
}

void append(std::string& to, std::string_view unit, int lengthBytes) {
  for (int shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8)
    to += static_cast<char>(unit.size() >> shift & 255);
  to += unit;
}

void countUnit(std::string_view unit, SliceCounts& counts) {
  const int type = unit[0] & 31;
  if (type == kSei) ++counts.sei;
  if (!isSlice(type) && type != kSei) ++counts.extra;
  if (!isSlice(type)) return;
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
  while (!sample.empty()) {
    const std::string_view unit = takeUnit(sample, lengthBytes);
    if (unit.empty()) break;
    countUnit(unit, counts);
    if (sample.empty()) return;
  }
  ++counts.broken;
}

AvcConfig parseAvcConfig(std::string_view avcC) {
  if (avcC.size() < 7 || avcC[0] != 1) return {};
  AvcConfig config{static_cast<unsigned char>(avcC[1]),
                   static_cast<unsigned char>(avcC[3]),
                   (avcC[4] & 3) + 1,
                   {},
                   {}};
  std::string_view rest = avcC.substr(6);
  config.sps = takeSets(rest, avcC[5] & 31);
  if (!saysWhatItsSetsSay(avcC, config.sps)) return {};
  if (rest.empty()) return config;
  const int count = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  config.pps = takeSets(rest, count);
  return config;
}

// ISO/IEC 14496-10, 7.3.2.1.1.
std::optional<Buffer> bufferOf(std::string_view sps) {
  const int profile = sps[1];
  if (profile != 66 && profile != 77 && profile != 100) return std::nullopt;
  Bits bits(sps.substr(4));
  bits.ue();  // its number
  if (profile == 100 && !skipHighFields(bits)) return std::nullopt;
  bits.ue();  // bits of a frame number
  if (!skipPictureOrder(bits)) return std::nullopt;
  const std::int64_t references = bits.ue();
  bits.next();  // gaps in the frame numbers
  const std::int64_t columns = bits.ue() + 1, rows = bits.ue() + 1;
  const int wholeFrames = bits.next();  // rows are of fields otherwise
  if (references < 0 || references > 16 || columns < 1 || columns > kMostBlocks || rows < 1 ||
      rows > kMostBlocks || wholeFrames < 0)
    return std::nullopt;
  return Buffer{static_cast<int>(references), 16 * static_cast<int>(columns),
                16 * static_cast<int>(rows) * (2 - wholeFrames)};
}

// ISO/IEC 14496-15, 5.2.4.1.
std::string makeAvcConfig(std::string_view sps, std::string_view pps) {
  std::string box{1, sps[1], sps[2], sps[3], static_cast<char>(0xff), static_cast<char>(0xe1)};
  append(box, sps, 2);
  box += 1;
  append(box, pps, 2);
  if (sps[1] == 100)
    box += {static_cast<char>(0xfd), static_cast<char>(0xf8), static_cast<char>(0xf8), 0};
  return box;
}

std::optional<std::string> onlySlices(std::string_view sample, const AvcConfig& config) {
  const auto has = [](const std::vector<std::string>& sets, std::string_view unit) {
    return std::find(sets.begin(), sets.end(), unit) != sets.end();
  };
  if (config.lengthBytes < 1) return std::nullopt;
  std::string kept;
  while (!sample.empty()) {
    const std::string_view unit = takeUnit(sample, config.lengthBytes);
    if (unit.empty()) return std::nullopt;
    const int type = unit[0] & 31;
    if (isSlice(type))
      append(kept, unit, 4);
    else if ((type == kSps && !has(config.sps, unit)) || (type == kPps && !has(config.pps, unit)))
      return std::nullopt;
  }
  return kept;
}

}  // namespace clipcourier::transcoder
