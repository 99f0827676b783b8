#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transcoder/captions.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// Draws captions into finished pictures (yuv420p, BT.709), with libass and fonts from memory.
// loadFonts() must have run. Not thread-safe.
class CaptionPainter {
 public:
  // For pictures of this size. Throws Error.
  CaptionPainter(const std::vector<Caption>& captions, int width, int height);
  ~CaptionPainter();

  // When, after `ms` in the captions' own time, other captions are shown; INT64_MAX: never.
  std::int64_t nextChange(std::int64_t ms) const;
  // `frame` must be writable.
  void paint(AVFrame& frame, std::int64_t ms);

  int missingCharacters() const;  // left out, because no font has them

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::transcoder
