#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {

// An animated WebP, which libav cannot read, as packets that its decoder of raw video takes: the
// whole canvas as RGBA, times in milliseconds. Holds the file in memory, so it must be small.
class WebpAnimation {
 public:
  // Throws Refused when the file is damaged, or has more bytes or pixels in all than we take.
  explicit WebpAnimation(DescriptorFile& file);

  void describe(AVStream& stream) const;
  // The next picture; none at the end, which damage may bring early.
  Packet next();
  bool endedByDamage() const { return damaged_; }

 private:
  struct Release {
    void operator()(void* decoder) const noexcept;
  };
  std::string bytes_;
  std::unique_ptr<void, Release> decoder_;  // WebPAnimDecoder, which reads bytes_
  int width_ = 0, height_ = 0, frames_ = 0, loopMs_ = 0;
  std::int64_t endMs_ = 0;
  bool damaged_ = false;
};

}  // namespace clipcourier::transcoder
