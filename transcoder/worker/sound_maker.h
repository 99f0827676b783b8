#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/sound_shape.h"

namespace clipcourier::transcoder {

// Turns decoded sound into the clip's: one rate, mono or stereo (more channels are mixed down),
// without holes and exactly as long as the clip. Gaps in the source become silence, overlaps are
// cut.
class SoundMaker {
 public:
  using Out = std::function<void(Frame)>;  // planar float, `chunk` samples; the last may be shorter

  // `startUs`: the source's time at which the clip begins; `samples`: how long the clip is.
  SoundMaker(int rate, int channels, std::int64_t startUs, std::int64_t samples, int chunk);

  void shape(SoundShape shape) { shape_ = std::move(shape); }  // before the first feed

  // `us`: when the frame is heard, in the source's time. False when its kind cannot be converted.
  bool feed(Frame frame, std::int64_t us, const Out& out);
  void drain(const Out& out);
  bool full() const { return written_ >= samples_; }

 private:
  struct Kind {
    int rate, format, channels;
    bool operator==(const Kind&) const = default;
  };
  bool prepare(AVFrame& frame);
  void flushGraph(const Out& out);
  void place(const AVFrame& frame, std::int64_t at, const Out& out);
  void addSilence(std::int64_t samples, const Out& out);
  void emitChunks(const Out& out, bool last);
  Frame emptyFrame(int samples) const;

  int rate_, channels_, chunk_;
  std::int64_t startUs_, samples_;
  std::int64_t written_ = 0;  // samples that went into the fifo
  std::int64_t emitted_ = 0;
  std::int64_t inputEnd_ = 0;
  std::optional<Kind> kind_;
  std::optional<FilterGraph> graph_;
  AudioFifo fifo_;
  SoundShape shape_;
};

}  // namespace clipcourier::transcoder
