#pragma once

#include "transcoder/profile.h"
#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// H.264 or AAC. Frames come in with their place as time stamp, in the time base of codec().
class Encoder {
 public:
  static Encoder video(const Plan& plan, const Profile& profile);
  static Encoder audio(const Plan& plan, const Profile& profile);

  template <class Out>
  void feed(const AVFrame& frame, Out&& out) {
    send(&frame, out);
  }
  template <class Out>
  void drain(Out&& out) {
    send(nullptr, out);
  }
  const AVCodecContext& codec() const { return *codec_; }

 private:
  explicit Encoder(Codec codec) : codec_(std::move(codec)) {}
  template <class Out>
  void send(const AVFrame* frame, Out& out) {
    check(avcodec_send_frame(codec_.get(), frame), "encode");
    for (;;) {
      Packet packet = newPacket();
      const int rc = avcodec_receive_packet(codec_.get(), packet.get());
      if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
      check(rc, "encode");
      // Without a duration the MP4 loses its last frame.
      if (packet->duration == 0 && codec_->codec_type == AVMEDIA_TYPE_VIDEO) packet->duration = 1;
      out(std::move(packet));
    }
  }
  Codec codec_;
};

}  // namespace clipcourier::transcoder
