#include "transcoder/worker/boxes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::uint64_t kMaxIndex = 64 << 20;
constexpr std::size_t kMaxBoxes = 20'000;
constexpr int kMaxDepth = 12;

[[noreturn]] void broken(const std::string& why) {
  throw Error(ErrorKind::invalidInput, "not a valid MP4: " + why);
}

// Big-endian numbers out of a piece of the file; reading past its end throws.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}
  std::uint64_t number(std::size_t at, int count) const {
    if (at > data_.size() || data_.size() - at < static_cast<std::size_t>(count))
      broken("a box is too short");
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
      value = value << 8 | static_cast<unsigned char>(data_[at + static_cast<std::size_t>(i)]);
    return value;
  }
  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::string text(std::size_t at, std::size_t count) const {
    number(at + count - 1, 1);
    return std::string(data_.substr(at, count));
  }
  std::size_t size() const { return data_.size(); }

 private:
  std::string_view data_;
};

bool isContainer(std::string_view type) {
  static constexpr std::array<std::string_view, 9> kContainers{
      "moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "mvex", "udta"};
  return std::find(kContainers.begin(), kContainers.end(), type) != kContainers.end();
}

struct Header {
  std::string type;
  std::uint64_t size = 0, headerSize = 8;
};

Header readHeader(std::string_view data, std::uint64_t left) {
  const Bytes bytes(data);
  Header header;
  header.size = bytes.number(0, 4);
  header.type = bytes.text(4, 4);
  if (header.size == 1) {
    header.size = bytes.number(8, 8);
    header.headerSize = 16;
  } else if (header.size == 0) {
    header.size = left;
  }
  if (header.size < header.headerSize || header.size > left)
    broken("box " + header.type + " has an impossible size");
  return header;
}

class Index {
 public:
  Index(std::string_view moov, std::uint64_t offset, Mp4& mp4)
      : moov_(moov), offset_(offset), mp4_(mp4) {}

  // `begin`..`end` within moov_ holds boxes of `path`.
  void walk(std::size_t begin, std::size_t end, const std::string& path, int depth) {
    if (depth > kMaxDepth) broken("boxes are nested too deeply");
    while (begin < end) {
      const Header header = readHeader(moov_.substr(begin, end - begin), end - begin);
      const std::string own = path + "/" + header.type;
      mp4_.boxes.push_back({own, offset_ + begin, header.size});
      if (mp4_.boxes.size() > kMaxBoxes) broken("too many boxes");
      if (header.type == "trak") mp4_.tracks.emplace_back();
      const std::size_t inside = begin + header.headerSize;
      const std::size_t next = begin + header.size;
      take(own, moov_.substr(inside, next - inside));
      if (isContainer(header.type)) walk(inside, next, own, depth + 1);
      if (header.type == "meta" && next - inside >= 4) walk(inside + 4, next, own, depth + 1);
      begin = next;
    }
  }

 private:
  void take(const std::string& path, std::string_view content) {
    const std::string type = path.substr(path.rfind('/') + 1);
    const Bytes bytes(content);
    if (type == "mvhd") mp4_.creationTime = creationTime(bytes);
    if (mp4_.tracks.empty()) return;
    Mp4Track& track = mp4_.tracks.back();
    if (type == "tkhd") takeTrackHeader(bytes, track);
    if (type == "mdhd") {
      track.timescale = bytes.u32(bytes.number(0, 1) == 1 ? 20 : 12);
      track.creationTime = std::max(track.creationTime, creationTime(bytes));
    }
    if (path.ends_with("mdia/hdlr")) track.handler = bytes.text(8, 4);
    if (type == "stsd") takeSampleEntry(content, track);
    if (type == "stts") takeDurations(bytes, track);
  }

  static std::uint64_t creationTime(const Bytes& bytes) {
    return bytes.number(0, 1) == 1 ? bytes.number(4, 8) : bytes.number(4, 4);
  }

  static void takeTrackHeader(const Bytes& bytes, Mp4Track& track) {
    track.creationTime = std::max(track.creationTime, creationTime(bytes));
    const std::size_t matrix = bytes.number(0, 1) == 1 ? 52 : 40;
    static constexpr std::uint32_t kIdentity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (std::size_t i = 0; i < 9; ++i)
      track.turned = track.turned || bytes.u32(matrix + 4 * i) != kIdentity[i];
  }

  // A visual sample entry has 78 bytes before its boxes.
  void takeSampleEntry(std::string_view content, Mp4Track& track) {
    const Bytes bytes(content);
    if (bytes.u32(4) != 1) broken("a track has several sample descriptions");
    const Header entry = readHeader(content.substr(8), content.size() - 8);
    track.sampleEntry = entry.type;
    if (track.handler != "vide") return;
    for (std::size_t at = 8 + entry.headerSize + 78; at + 8 <= content.size();) {
      const Header box = readHeader(content.substr(at), content.size() - at);
      mp4_.boxes.push_back({"stsd/" + entry.type + "/" + box.type, 0, box.size});
      if (box.type == "avcC") track.avcConfig = std::string(content.substr(at + 8, box.size - 8));
      at += box.size;
    }
  }

  static void takeDurations(const Bytes& bytes, Mp4Track& track) {
    const std::uint32_t entries = bytes.u32(4);
    for (std::uint32_t i = 0; i < entries; ++i) {
      const std::size_t at = 8 + 8 * static_cast<std::size_t>(i);
      track.samples += bytes.u32(at);
      const std::uint32_t duration = bytes.u32(at + 4);
      const auto& known = track.sampleDurations;
      if (known.size() < 64 && std::find(known.begin(), known.end(), duration) == known.end())
        track.sampleDurations.push_back(duration);
    }
  }

  std::string_view moov_;
  std::uint64_t offset_;
  Mp4& mp4_;
};

}  // namespace

Mp4 parseMp4(std::uint64_t size, const ReadAt& readAt) {
  Mp4 mp4;
  bool dataSeen = false, indexSeen = false;
  for (std::uint64_t at = 0; at < size;) {
    const Header header = readHeader(readAt(at, 16), size - at);
    mp4.boxes.push_back({header.type, at, header.size});
    if (mp4.boxes.size() > kMaxBoxes) broken("too many boxes");
    if (header.type == "ftyp") mp4.brand = Bytes(readAt(at + header.headerSize, 4)).text(0, 4);
    if (header.type == "mdat") dataSeen = true;
    if (header.type == "moov") {
      if (indexSeen || header.size > kMaxIndex) broken("the index is doubled or too large");
      indexSeen = true;
      mp4.indexFirst = !dataSeen;
      const std::string moov = readAt(at + header.headerSize, header.size - header.headerSize);
      Index(moov, at + header.headerSize, mp4).walk(0, moov.size(), "moov", 1);
    }
    at += header.size;
  }
  if (!indexSeen) broken("there is no index");
  mp4.indexFirst = mp4.indexFirst && dataSeen;
  return mp4;
}

}  // namespace clipcourier::transcoder
