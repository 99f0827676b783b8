#include "transcoder/worker/loudness.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace clipcourier::transcoder {
namespace {

constexpr int kFineRate = 192'000;  // shows what lies between samples

}  // namespace

double Loudness::truePeakDb() const { return 20 * std::log10(std::max(truePeak, 1e-6)); }

void LoudnessMeter::feed(const AVFrame& frame) {
  const AVRational base{1, frame.sample_rate};
  if (!gated_) {
    gated_.emplace(frame, base, "ebur128=metadata=1");
    oversampled_.emplace(frame, base,
                         "aresample=" + std::to_string(kFineRate) + ",aformat=sample_fmts=fltp");
  }
  const auto in = [&] {
    Frame own = share(frame);
    own->pts = samples_;
    return own;
  };
  gated_->feed(in(), [&](Frame out) { takeGated(*out); });
  oversampled_->feed(in(), [&](Frame out) { takeOversampled(*out); });
  samples_ += frame.nb_samples;
}

Loudness LoudnessMeter::finish() {
  if (gated_) {
    gated_->drain(samples_, [&](Frame out) { takeGated(*out); });
    oversampled_->drain(samples_, [&](Frame out) { takeOversampled(*out); });
  }
  return std::move(loudness_);
}

void LoudnessMeter::takeGated(const AVFrame& frame) {
  const AVDictionaryEntry* entry = av_dict_get(frame.metadata, "lavfi.r128.I", nullptr, 0);
  if (entry) loudness_.lufs = std::max(-99.0, std::strtod(entry->value, nullptr));
}

void LoudnessMeter::takeOversampled(const AVFrame& frame) {
  constexpr std::int64_t kPerMs = kFineRate / 1000;
  for (int i = 0; i < frame.nb_samples; ++i, ++fine_) {
    float peak = 0;
    for (int c = 0; c < frame.ch_layout.nb_channels; ++c)
      peak = std::max(peak, std::abs(reinterpret_cast<const float*>(frame.extended_data[c])[i]));
    const auto ms = static_cast<std::size_t>(fine_ / kPerMs);
    if (ms >= loudness_.peaks.size()) loudness_.peaks.resize(ms + 1, 0);
    loudness_.peaks[ms] = std::max(loudness_.peaks[ms], peak);
    loudness_.truePeak = std::max(loudness_.truePeak, static_cast<double>(peak));
  }
}

}  // namespace clipcourier::transcoder
