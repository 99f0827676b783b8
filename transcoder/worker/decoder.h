#pragma once

#include <cstdint>
#include <utility>

#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// Decodes one track. What is damaged is counted and skipped, never thrown about: a source is used
// as far as it can be.
class Decoder {
 public:
  // Throws Refused when no decoder knows the track, std::bad_alloc.
  Decoder(const AVStream& stream, int threads);

  template <class Out>
  void feed(const AVPacket& packet, Out&& out) {
    send(&packet, out);
  }
  template <class Out>
  void drain(Out&& out) {  // once, after the last feed
    send(nullptr, out);
  }

  void flush();  // forgets what came before: the next packet comes from elsewhere
  // From now on pictures that no other needs are not decoded.
  void skipUnreferenced(bool skip);
  // Before the first feed: pictures are not smoothed. Every bit is still read, so damage is found
  // all the same, for three quarters of the time; the pictures are no good to look at.
  void skipLoopFilter();

  int errors() const { return errors_; }  // packets and frames that were damaged
  const AVCodecContext& codec() const { return *codec_; }

 private:
  template <class Out>
  void send(const AVPacket* packet, Out& out) {
    if (!note(avcodec_send_packet(codec_.get(), packet))) return;
    for (;;) {
      Frame frame = newFrame();
      const int rc = avcodec_receive_frame(codec_.get(), frame.get());
      if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;  // hungry or empty: both normal
      if (!note(rc)) return;
      if (frame->decode_error_flags || (frame->flags & AV_FRAME_FLAG_CORRUPT)) ++errors_;
      out(std::move(frame));
    }
  }
  bool note(int rc);  // false after damage

  Codec codec_;
  int errors_ = 0;
};

}  // namespace clipcourier::transcoder
