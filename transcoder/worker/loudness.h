#pragma once

#include <optional>
#include <vector>

#include "transcoder/worker/filter_graph.h"

namespace clipcourier::transcoder {

// Loudness by EBU R128 and true peaks by ITU-R BS.1770, of a whole piece of sound.
struct Loudness {
  double lufs = -99;         // integrated; below -70 there is only silence
  double truePeak = 0;       // linear, 1 is full scale
  std::vector<float> peaks;  // true peak of each millisecond
  double truePeakDb() const;
};

class LoudnessMeter {
 public:
  void feed(const AVFrame& frame);  // one kind of sound, in order
  Loudness finish();                // once

 private:
  void takeGated(const AVFrame& frame);
  void takeOversampled(const AVFrame& frame);

  std::optional<FilterGraph> gated_, oversampled_;
  Loudness loudness_;
  std::int64_t samples_ = 0, fine_ = 0;  // fed; at four times the rate
};

}  // namespace clipcourier::transcoder
