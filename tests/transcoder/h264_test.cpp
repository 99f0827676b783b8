#include "transcoder/worker/h264.h"

#include "support/catch.h"

using namespace clipcourier::transcoder;

namespace {

// first_mb_in_slice 0 is "1"; slice types 5, 6, 7 are "00110", "00111", "0001000".
std::string unit(const std::string& payload) {
  return std::string("\0\0\0", 3) + static_cast<char>(payload.size()) + payload;
}
const std::string kP = unit("\x41\x98\x01");  // 1 00110..
const std::string kB = unit("\x41\x9c\x01");  // 1 00111..
const std::string kI = unit("\x65\x88\x81");  // 1 0001000
const std::string kAud = unit("\x09\x10"), kFiller = unit("\x0c\xff\xff\x80");
const std::string kSps = unit("\x67\x4d\x40\x28\x01"), kPps = unit("\x68\xee");
const std::string kSei = unit("\x06\x05\x01");

// As a NAL unit: the head, then these bits, filled up to whole bytes. Blanks part its fields.
std::string set(const std::string& head, std::string bits) {
  std::erase(bits, ' ');
  std::string made = head;
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    int byte = 0;
    for (std::size_t j = i; j < i + 8; ++j) byte = byte << 1 | (j < bits.size() && bits[j] == '1');
    made += static_cast<char>(byte);
  }
  return made;
}

SliceCounts count(const std::string& sample) {
  SliceCounts counts;
  countSlices(sample, 4, counts);
  return counts;
}

}  // namespace

TEST_CASE("slices are counted by their type, SEI apart", "[transcoder]") {
  const SliceCounts counts = count(kI + kSei + kP + kP + kB);
  CHECK(counts.i == 1);
  CHECK(counts.p == 2);
  CHECK(counts.b == 1);
  CHECK(counts.sei == 1);
  CHECK(counts.extra == 0);
  CHECK(counts.broken == 0);
  CHECK(count(kAud + kSps + kPps + kI + unit("\x43secret")).extra == 4);
}

TEST_CASE("bytes that only prevent a start code are not part of a slice header", "[transcoder]") {
  // 24 zero bits, then a one: first_mb_in_slice is 2^24 - 1 + ...; with the 03 read as data the
  // header would say something else.
  const SliceCounts counts =
      count(unit(std::string("\x41\x00\x00\x03\x00\x80\x00\x00\x00\x98\x00\x00", 12)));
  CHECK(counts.broken + counts.p + counts.b + counts.i + counts.other == 1);
}

TEST_CASE("a sample that is cut or empty inside counts as broken", "[transcoder]") {
  CHECK(count(kP.substr(0, 5)).broken == 1);
  CHECK(count(std::string("\0\0", 2)).broken == 1);
  CHECK(count(std::string("\0\0\0\0", 4)).broken == 1);
  CHECK(count(unit(std::string("\x41\x00\x00\x00\x00\x00\x00", 7))).broken == 1);
  SliceCounts counts;
  countSlices(kP, 0, counts);
  CHECK(counts.broken == 1);
}

TEST_CASE("profile and level come from the decoder configuration", "[transcoder]") {
  const AvcConfig config = parseAvcConfig(std::string("\x01\x4d\x40\x28\xff\xe1\x00", 7));
  CHECK(config.profile == 77);
  CHECK(config.level == 40);
  CHECK(config.lengthBytes == 4);
  CHECK(parseAvcConfig("short").lengthBytes == 0);
  const std::string same("\x01\x4d\x40\x28\xff\xe1\x00\x04\x67\x4d\x40\x28\x01\x00\x01\x68", 16);
  CHECK(parseAvcConfig(same).lengthBytes == 4);
  std::string high = same, level = same;
  high[9] = 0x64;
  level[11] = 0x33;
  CHECK(parseAvcConfig(high).lengthBytes == 0);
  CHECK(parseAvcConfig(level).lengthBytes == 0);
  CHECK(parseAvcConfig(high.substr(0, 9)).lengthBytes == 4);  // cut off: decoders find that out
}

TEST_CASE("a decoder configuration is read as it is written", "[transcoder]") {
  const std::string sps = "\x67\x4d\x40\x28\x01", pps = "\x68\xee";
  const AvcConfig config = parseAvcConfig(makeAvcConfig(sps, pps));
  CHECK(config.profile == 77);
  CHECK(config.lengthBytes == 4);
  CHECK(config.sps == std::vector<std::string>{sps});
  CHECK(config.pps == std::vector<std::string>{pps});
}

TEST_CASE("what a decoder must keep stands in the sequence parameter set", "[transcoder]") {
  const std::string main = "\x67\x4d\x40\x28", baseline = "\x67\x42\xc0\x28",
                    high = "\x67\x64\x0c\x28";
  // After the references: no gaps, 40 columns and 23 rows of macroblocks, no fields.
  const std::string size = "0 00000101000 000010111 1 ", fields = "0 00000101000 0001100 0 ";
  const auto held = [](const std::string& sps) {
    const auto buffer = bufferOf(sps);
    return buffer ? std::tuple(buffer->references, buffer->width, buffer->height)
                  : std::tuple(-1, -1, -1);
  };
  // Number 0, frame numbers of 4 bits, order of showing, references.
  CHECK(held(set(main, "1 1 011 00101 " + size)) == std::tuple(4, 640, 368));
  CHECK(held(set(baseline, "1 1 1 1 00100 " + size)) == std::tuple(3, 640, 368));
  CHECK(held(set(main, "1 1 010 0 1 1 011 1 1 010 " + size)) == std::tuple(1, 640, 368));
  CHECK(held(set(main, "1 1 011 010 " + fields)) == std::tuple(1, 640, 384));
  const std::string plain = "010 1 1 0 ";  // 4:2:0, eight bits, not lossless
  CHECK(held(set(high, "1" + plain + "0 1 011 011 " + size)) == std::tuple(2, 640, 368));
  CHECK_FALSE(bufferOf(set(high, "1" + plain + "1 1 011 011 " + size)));  // scaling lists
  CHECK_FALSE(bufferOf(set("\x67\x6e\x0c\x28", "1" + plain + "0 1 011 011 " + size)));  // High 10
  CHECK_FALSE(bufferOf(main));                                                          // cut off
  CHECK_FALSE(bufferOf(set(main, "1 1 011 00101 0 00000101000 ")));  // so is this
  CHECK_FALSE(bufferOf(set(main, "1 1 011 000010010 " + size)));     // 17 references
}

TEST_CASE("nothing but slices is taken over", "[transcoder]") {
  AvcConfig config = parseAvcConfig(makeAvcConfig(kSps.substr(4), kPps.substr(4)));
  const std::string unspecified = unit("\x18secret"), partition = unit("\x43secret");
  CHECK(onlySlices(kAud + kSps + kPps + kSei + kI + unspecified + partition + kP + kFiller,
                   config) == kI + kP);
  CHECK(onlySlices("", config) == "");
  CHECK_FALSE(onlySlices(kI.substr(0, 5), config));
  CHECK_FALSE(onlySlices(std::string("\0\0\0\0", 4), config));
  // Its slices may need what the configuration does not have.
  CHECK_FALSE(onlySlices(unit(kSps.substr(4) + "secret") + kI, config));
  CHECK_FALSE(onlySlices(unit("\x68\xef") + kI, config));
  config.lengthBytes = 2;
  CHECK(onlySlices(kSei.substr(2) + kI.substr(2), config) == kI);
}
