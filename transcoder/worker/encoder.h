#pragma once

#include "transcoder/profile.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// AAC-LC. Frames of codec().frame_size samples come in, the last may be shorter; their time stamps
// count samples.
class SoundEncoder {
 public:
  SoundEncoder(int channels, int sampleRate, int kbps);  // throws Error

  template <class Out>
  void feed(const AVFrame& frame, Out&& out) {
    send(&frame, out);
  }
  template <class Out>
  void drain(Out&& out) {
    send(nullptr, out);
  }
  const AVCodecContext& codec() const { return *codec_; }
  const AVCodecParameters& parameters() const { return *parameters_; }

 private:
  template <class Out>
  void send(const AVFrame* frame, Out& out) {
    check(avcodec_send_frame(codec_.get(), frame), "encode sound");
    for (;;) {
      Packet packet = newPacket();
      const int rc = avcodec_receive_packet(codec_.get(), packet.get());
      if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
      check(rc, "encode sound");
      out(std::move(packet));
    }
  }
  Codec codec_;
  CodecParameters parameters_;
};

}  // namespace clipcourier::transcoder
