#include "transcoder/worker/exif.h"

#include <cstdint>
#include <optional>

namespace clipcourier::transcoder {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kMaxEntries = 512;

// Numbers at a place; 0 behind the end.
class Bytes {
 public:
  Bytes(std::string_view data, bool little) : data_(data), little_(little) {}
  std::uint32_t number(std::size_t at, std::size_t width) const {
    if (at > data_.size() || data_.size() - at < width) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | static_cast<std::uint8_t>(data_[at + (little_ ? width - 1 - i : i)]);
    return value;
  }

 private:
  std::string_view data_;
  bool little_;
};

// JPEG: marker segments up to the picture's data.
std::string_view exifOfJpeg(std::string_view file) {
  const Bytes bytes(file, false);
  for (std::size_t at = 2; at + 4 <= file.size();) {
    if (bytes.number(at, 1) != 0xff) return {};
    const std::uint32_t marker = bytes.number(at + 1, 1), size = bytes.number(at + 2, 2);
    if (marker == 0xda || marker == 0xd9 || size < 2) return {};
    const std::string_view segment = file.substr(at + 4, size - 2);
    if (marker == 0xe1 && segment.starts_with(std::string_view("Exif\0\0", 6)))
      return segment.substr(6);
    at += 2 + size;
  }
  return {};
}

std::string_view exifOfPng(std::string_view file) {
  const Bytes bytes(file, false);
  for (std::size_t at = 8; at + 12 <= file.size();) {
    const std::size_t size = bytes.number(at, 4);
    if (file.substr(at + 4, 4) == "eXIf") return file.substr(at + 8, size);
    at += 12 + size;
  }
  return {};
}

std::string_view exifOfWebp(std::string_view file) {
  const Bytes bytes(file, true);
  for (std::size_t at = 12; at + 8 <= file.size();) {
    const std::size_t size = bytes.number(at + 4, 4);
    if (file.substr(at, 4) == "EXIF") {
      const std::string_view data = file.substr(at + 8, size);
      return data.starts_with(std::string_view("Exif\0\0", 6)) ? data.substr(6) : data;
    }
    at += 8 + size + size % 2;
  }
  return {};
}

std::uint32_t orientationTag(std::string_view tiff) {
  const bool little = tiff.starts_with("II");
  if (!little && !tiff.starts_with("MM")) return 0;
  const Bytes bytes(tiff, little);
  const std::size_t directory = bytes.number(4, 4);
  const std::uint32_t count = bytes.number(directory, 2);
  if (count > kMaxEntries) return 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + 12 * static_cast<std::size_t>(i);
    if (bytes.number(entry, 2) == kOrientationTag) return bytes.number(entry + 8, 2);
  }
  return 0;
}

}  // namespace

Orientation exifOrientation(std::string_view picture) {
  const std::string_view tiff = picture.starts_with("\xff\xd8")  ? exifOfJpeg(picture)
                                : picture.starts_with("\x89PNG") ? exifOfPng(picture)
                                : picture.starts_with("RIFF")    ? exifOfWebp(picture)
                                                                 : std::string_view();
  switch (orientationTag(tiff)) {
    case 2: return {0, true};
    case 3: return {180, false};
    case 4: return {180, true};
    case 5: return {270, true};
    case 6: return {90, false};
    case 7: return {90, true};
    case 8: return {270, false};
    default: return {};
  }
}

}  // namespace clipcourier::transcoder
