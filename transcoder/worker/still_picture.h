#pragma once

#include <cstdint>
#include <exception>

#include "transcoder/report.h"
#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/display_matrix.h"

namespace clipcourier::transcoder {

// A picture somebody uploaded: as it is stored, its colours named, and how it must be turned by its
// EXIF data.
struct StillPicture {
  Frame frame;
  Orientation orientation;
};

struct StillLimits {
  std::uint64_t bytes = 0;
  std::int64_t pixels = 0;
};

// Why a picture cannot be read, to stand after a colon: "Die Datei ist leer.", "the file is empty."
class UnreadableStill : public std::exception {
 public:
  explicit UnreadableStill(Words why) : why_(std::move(why)) {}
  const char* what() const noexcept override { return why_.en.c_str(); }
  const Words& why() const noexcept { return why_; }

 private:
  Words why_;
};

// Reads a PNG, JPEG or WebP, known by its first bytes. Hostile input: bounded in bytes and pixels.
// Throws UnreadableStill, for every kind of damage too.
StillPicture readStill(int fd, const StillLimits& limits);

}  // namespace clipcourier::transcoder
