#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/examine.h"

namespace clipcourier::transcoder {

// Single pictures from anywhere in a source, without decoding what lies between where that can be
// avoided. Times are the source's, in microseconds. Damage is skipped; a source that cannot seek is
// read on from where it stands, or from its beginning. Never decodes more than its budget, which
// counts pixels of easy video; what is harder to decode costs more of it.
class FrameGrabber {
 public:
  struct Picture {
    Frame frame;  // as decoded, but never interlaced
    std::int64_t us = 0;
    AVRational aspect{1, 1};  // of its pixels
  };

  // `source` is borrowed. Throws Refused.
  FrameGrabber(int fd, const Source& source, std::int64_t budget);

  // The picture that is shown at `us`; the last one before when the source ends earlier; none when
  // nothing decodes there or the budget is used up.
  std::optional<Picture> at(std::int64_t us);
  // The one decoded after the last answer.
  std::optional<Picture> next();

  // Pictures that at(us) would decode, roughly.
  std::int64_t framesTo(std::int64_t us) const;
  // The key picture at or before `us`, as far as known.
  std::optional<std::int64_t> keyBefore(std::int64_t us) const;
  std::int64_t framesLeft() const { return left_ / price_; }
  // Of the last answer.
  std::optional<std::int64_t> positionUs() const {
    return last_ ? std::optional(last_->us) : std::nullopt;
  }
  // Pictures that no other one needs are passed over: faster, and times become a little coarser.
  void hurry(bool on);
  const std::vector<std::int64_t>& keysUs() const { return source_.scan.keysUs; }
  const AVCodecParameters& container() const { return *demuxer_->video().codecpar; }

 private:
  bool mustMove(std::int64_t us) const;
  void moveTo(std::int64_t us);
  bool seekTo(std::int64_t keyUs, std::int64_t askUs);
  void forget();
  void restart();
  bool readToKey(std::int64_t keyUs);
  void feed(const AVPacket& packet);
  bool decodeMore();
  std::optional<Picture> raw();
  void take(Frame frame);
  Picture answer(Picture picture);
  Picture whole(Picture picture);

  int fd_;
  const Source& source_;
  std::int64_t price_, left_;  // of a frame; of the budget
  std::unique_ptr<Demuxer> demuxer_;
  std::unique_ptr<Decoder> decoder_;
  std::optional<FrameClock> clock_;
  std::deque<Picture> ready_;
  std::optional<Picture> last_;      // what was answered last
  std::int64_t fromUs_ = INT64_MIN;  // pictures before belong to what was skipped
  bool ended_ = false, hurrying_ = false;
};

}  // namespace clipcourier::transcoder
