#pragma once

#include <memory>
#include <optional>

#include "transcoder/profile.h"
#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/planner.h"

namespace clipcourier::transcoder {

// H.264 through x264 itself: every option comes from the profile and the plan, and what the encoder
// measured of each picture is kept. The same pictures give the same bytes, because the number of
// threads follows from the size and not from the machine. Used by one thread at a time.
class X264Encoder {
 public:
  // Throws Error when x264 does not take the settings.
  X264Encoder(const Plan& plan, const Profile& profile);
  ~X264Encoder();
  X264Encoder(const X264Encoder&) = delete;
  X264Encoder& operator=(const X264Encoder&) = delete;

  // For a muxer: size, colours, the header as avcC.
  const AVCodecParameters& parameters() const { return *parameters_; }
  AVRational timeBase() const { return timeBase_; }

  // `frame`: yuv420p of the plan's size; its pts is its slot. Packets come in decoding order, in
  // timeBase(), without supplemental information.
  template <class Out>
  void feed(const AVFrame& frame, Out&& out) {
    if (Packet packet = encode(&frame)) out(std::move(packet));
  }
  template <class Out>
  void drain(Out&& out) {  // once, after the last feed
    while (isDelaying())
      if (Packet packet = encode(nullptr)) out(std::move(packet));
  }

  std::optional<Quality> quality() const;  // of the pictures that came out so far
  // See RateControl::starved(): 0 means that every picture got what it needed.
  double starved() const;

 private:
  struct State;
  Packet encode(const AVFrame* frame);
  bool isDelaying() const;
  void describe(const Plan& plan);
  void keepRate();

  std::unique_ptr<State> state_;
  CodecParameters parameters_;
  AVRational timeBase_;
};

}  // namespace clipcourier::transcoder
