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
  CHECK(count(kAud + kSps + kPps + kI).extra == 3);
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

TEST_CASE("how many pictures are referred to stands in the sequence parameter set",
          "[transcoder]") {
  CHECK(referencesOf("\x67\x4d\x40\x28\xd9\x60") == 4);       // Main, order of showing 2
  CHECK(referencesOf("\x67\x42\xc0\x28\xec\x80") == 3);       // Baseline, 0
  CHECK(referencesOf("\x67\x4d\x40\x28\xd3\x7a") == 1);       // 1, a cycle of two
  CHECK(referencesOf("\x67\x64\x0c\x28\xac\xb6") == 2);       // High
  CHECK_FALSE(referencesOf("\x67\x64\x0c\x28\xad\xb6"));      // with scaling lists
  CHECK_FALSE(referencesOf("\x67\x6e\x0c\x28\xac\xb6"));      // High 10
  CHECK_FALSE(referencesOf("\x67\x4d\x40\x28"));              // cut off
  CHECK_FALSE(referencesOf("\x67\x4d\x40\x28\xd8\x04\x40"));  // more than there can be
}

TEST_CASE("nothing but slices is taken over", "[transcoder]") {
  AvcConfig config = parseAvcConfig(makeAvcConfig(kSps.substr(4), kPps.substr(4)));
  const std::string unspecified = unit("\x18secret");
  CHECK(onlySlices(kAud + kSps + kPps + kSei + kI + unspecified + kP + kFiller, config) == kI + kP);
  CHECK(onlySlices("", config) == "");
  CHECK_FALSE(onlySlices(kI.substr(0, 5), config));
  CHECK_FALSE(onlySlices(std::string("\0\0\0\0", 4), config));
  // Its slices may need what the configuration does not have.
  CHECK_FALSE(onlySlices(unit(kSps.substr(4) + "secret") + kI, config));
  CHECK_FALSE(onlySlices(unit("\x68\xef") + kI, config));
  config.lengthBytes = 2;
  CHECK(onlySlices(kSei.substr(2) + kI.substr(2), config) == kI);
}
