#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Our own reading of an MP4, independent of the library that wrote it. Hostile input is expected:
// everything is bounded, and what makes no sense throws Error(invalidInput).
namespace clipcourier::transcoder {

// Reads up to `count` bytes at `offset`; shorter at the end of the file.
using ReadAt = std::function<std::string(std::uint64_t offset, std::size_t count)>;

struct Box {
  std::string path;          // "moov/trak/mdia/hdlr"
  std::uint64_t offset = 0;  // of the header in the file
  std::uint64_t size = 0;    // with header
};

struct Mp4Track {
  std::string handler;      // "vide", "soun"
  std::string sampleEntry;  // "avc1", "mp4a"
  std::uint32_t timescale = 0;
  std::uint64_t samples = 0;
  std::vector<std::uint32_t> sampleDurations;  // the different ones, in order of appearance
  bool turned = false;                         // the display matrix is not the identity
  std::string avcConfig;                       // content of avcC
  std::uint64_t creationTime = 0;
};

struct Mp4 {
  std::string brand;
  std::vector<Box> boxes;  // all of them, depth first
  std::vector<Mp4Track> tracks;
  bool indexFirst = false;  // moov stands before mdat
  std::uint64_t creationTime = 0;
};

Mp4 parseMp4(std::uint64_t size, const ReadAt& readAt);

}  // namespace clipcourier::transcoder
