#include "transcoder/worker/boxes.h"

#include "base/error.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

std::string u32(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string box(const std::string& type, const std::string& content) {
  return u32(static_cast<std::uint32_t>(content.size() + 8)) + type + content;
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

std::string trackHeader(std::uint32_t a) {
  return box("tkhd", zeros(40) + u32(a) + zeros(12) + u32(0x10000) + zeros(12) + u32(0x40000000) +
                         zeros(8));
}

std::string videoTrack(std::uint32_t matrixA = 0x10000,
                       const std::string& stts = u32(0) + u32(1) + u32(50) + u32(512)) {
  const std::string avcC = box("avcC", std::string("\x01\x4d\x40\x1f\xff", 5) + zeros(3));
  const std::string entry = box("avc1", zeros(78) + avcC);
  const std::string stbl = box("stbl", box("stsd", u32(0) + u32(1) + entry) + box("stts", stts));
  const std::string mdia =
      box("mdia", box("mdhd", zeros(12) + u32(12800) + zeros(8)) +
                      box("hdlr", zeros(8) + "vide" + zeros(12)) + box("minf", stbl));
  return box("trak", trackHeader(matrixA) + mdia);
}

std::string movie(const std::string& tracks) {
  return box("moov", box("mvhd", zeros(100)) + tracks);
}

Mp4 parse(const std::string& file) {
  return parseMp4(file.size(), [&](std::uint64_t offset, std::size_t count) {
    return offset < file.size() ? file.substr(offset, count) : std::string();
  });
}

const std::string kType = box("ftyp", "isom" + u32(512) + "isomavc1");

}  // namespace

TEST_CASE("an MP4's boxes tell tracks, rate and whether the index comes first", "[transcoder]") {
  const Mp4 mp4 = parse(kType + movie(videoTrack()) + box("mdat", zeros(100)));
  CHECK(mp4.brand == "isom");
  CHECK(mp4.indexFirst);
  REQUIRE(mp4.tracks.size() == 1);
  CHECK(mp4.tracks[0].handler == "vide");
  CHECK(mp4.tracks[0].sampleEntry == "avc1");
  CHECK(mp4.tracks[0].timescale == 12800);
  CHECK(mp4.tracks[0].samples == 50);
  CHECK(mp4.tracks[0].sampleDurations == std::vector<std::uint32_t>{512});
  CHECK_FALSE(mp4.tracks[0].turned);
  CHECK(mp4.tracks[0].avcConfig.size() == 8);
}

TEST_CASE("an index behind the data, a turned track and a changing rate are seen", "[transcoder]") {
  const std::string changing = u32(0) + u32(2) + u32(49) + u32(512) + u32(1) + u32(0);
  const Mp4 mp4 = parse(kType + box("mdat", zeros(9)) + movie(videoTrack(0, changing)));
  CHECK_FALSE(mp4.indexFirst);
  CHECK(mp4.tracks[0].turned);
  CHECK(mp4.tracks[0].sampleDurations.size() == 2);
}

TEST_CASE("a 64-bit box size is read", "[transcoder]") {
  const std::string large = u32(1) + "mdat" + u32(0) + u32(16 + 5) + zeros(5);
  CHECK(parse(kType + movie("") + large).indexFirst);
}

TEST_CASE("a broken MP4 is refused", "[transcoder]") {
  const std::string whole = kType + movie(videoTrack()) + box("mdat", zeros(10));
  CHECK_THROWS_AS(parse(""), Error);
  CHECK_THROWS_AS(parse(kType), Error);
  CHECK_THROWS_AS(parse(kType + movie("") + movie("")), Error);
  CHECK_THROWS_AS(parse(kType + u32(7) + "moov"), Error);
  CHECK_THROWS_AS(parse(kType + u32(4000) + "moov"), Error);
  CHECK_THROWS_AS(parse(kType + movie(box("trak", box("tkhd", zeros(10))))), Error);
  CHECK_THROWS_AS(parse(kType + movie(videoTrack(0, u32(0) + u32(0xffffffff)))), Error);
  std::string deep = box("stts", zeros(8));
  for (int i = 0; i < 30; ++i) deep = box("udta", deep);
  CHECK_THROWS_AS(parse(kType + movie(deep)), Error);
}

TEST_CASE("an MP4 cut anywhere is parsed or refused, never read past its end", "[transcoder]") {
  const std::string whole = kType + movie(videoTrack()) + box("mdat", zeros(10));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    try {
      const Mp4 mp4 = parse(whole.substr(0, size));
      CHECK_FALSE(mp4.indexFirst);  // whole boxes, but no data
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalidInput);
    }
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    try {
      parse(changed);  // a change that does not matter
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalidInput);
    }
  }
}
