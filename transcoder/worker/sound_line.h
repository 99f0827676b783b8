#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "transcoder/worker/clip_maker.h"
#include "transcoder/worker/decoder.h"
#include "transcoder/worker/encoder.h"
#include "transcoder/worker/muxer.h"
#include "transcoder/worker/sound_maker.h"

namespace clipcourier::transcoder {

// The sound of all renditions: decoded once, converted once for each kind of clip, encoded once for
// each rate. One thread.
class SoundLine {
 public:
  using Out = std::function<void(std::size_t wish, Packet)>;  // a packet for one of the wishes

  // `stream` is borrowed; wishes without sound are skipped. `out` is called by feed() and drain().
  SoundLine(const AVStream& stream, const std::vector<ClipWish>& wishes, Out out);

  // The track of one wish; null when it has none.
  const MuxTrack* track(std::size_t wish) const;

  void feed(const AVPacket& packet);
  void drain();                        // once, after the last feed
  bool full() const;                   // no clip needs more of it
  bool lost() const { return lost_; }  // all or part of it could not be used

 private:
  // One encoder and the wishes that share its packets.
  struct Encoding {
    Encoding(int channels, int rate, int kbps);
    SoundEncoder encoder;
    MuxTrack track;
    int kbps;
    std::vector<std::size_t> wishes;
  };
  // One conversion and the encoders that share its sound.
  struct Conversion {
    int channels, rate;
    std::int64_t startUs, samples;
    SoundShape shape;
    std::optional<SoundMaker> maker;
    std::vector<std::unique_ptr<Encoding>> encodings;
  };
  Conversion& conversionFor(const ClipWish& wish);
  void take(Frame frame);
  void encode(Conversion& conversion, const AVFrame& chunk);
  void hand(const Encoding& encoding, const AVPacket& packet);

  const AVStream& stream_;
  Decoder decoder_;
  std::vector<std::unique_ptr<Conversion>> conversions_;
  std::vector<const MuxTrack*> tracks_;  // by wish
  Out out_;
  std::int64_t nextUs_ = 0;
  bool found_ = false, lost_ = false;
};

}  // namespace clipcourier::transcoder
