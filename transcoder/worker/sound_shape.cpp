#include "transcoder/worker/sound_shape.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace clipcourier::transcoder {
namespace {

constexpr std::size_t kReachMs = 30;  // how long before and after a peak the sound comes down

// The least of the values at most `reach` away, for each.
std::vector<float> slidingMinimum(const std::vector<float>& values, std::size_t reach) {
  std::vector<float> least(values.size());
  std::deque<std::size_t> rising;  // of places whose values rise
  for (std::size_t i = 0; i < values.size() + reach; ++i) {
    if (i < values.size()) {
      while (!rising.empty() && values[rising.back()] >= values[i]) rising.pop_back();
      rising.push_back(i);
    }
    if (i < reach) continue;
    const std::size_t centre = i - reach;
    while (rising.front() + reach < centre) rising.pop_front();
    least[centre] = values[rising.front()];
  }
  return least;
}

// The mean of the values at most `reach` away, for each; the ends count as repeated.
std::vector<float> slidingMean(const std::vector<float>& values, std::size_t reach) {
  std::vector<float> mean(values.size());
  const auto at = [&](std::ptrdiff_t i) {
    return static_cast<double>(values[static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(i, 0, static_cast<std::ptrdiff_t>(values.size()) - 1))]);
  };
  const auto width = static_cast<std::ptrdiff_t>(reach);
  double sum = 0;
  for (std::ptrdiff_t i = -width; i <= width; ++i) sum += at(i);
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(values.size()); ++i) {
    mean[static_cast<std::size_t>(i)] =
        static_cast<float>(sum / static_cast<double>(2 * reach + 1));
    sum += at(i + width + 1) - at(i - width);
  }
  return mean;
}

// A fade that begins and ends softly.
double soft(double share) {
  return share >= 1 ? 1 : 0.5 - 0.5 * std::cos(M_PI * std::max(share, 0.0));
}

}  // namespace

bool SoundShape::changes() const { return gain != 1 || limit || fadeInMs > 0 || fadeOutMs > 0; }

void SoundShape::apply(AVFrame& frame, std::int64_t first, std::int64_t samples) const {
  if (!changes()) return;
  const double perMs = frame.sample_rate / 1000.0;
  const double half = static_cast<double>(samples) / 2;
  const double in = std::min(fadeInMs * perMs, half), out = std::min(fadeOutMs * perMs, half);
  for (int i = 0; i < frame.nb_samples; ++i) {
    const double at = static_cast<double>(first + i);
    double factor = gain;
    if (limit && !limit->empty()) {
      const double ms = at / perMs - 0.5;  // a factor is meant for the middle of its millisecond
      const auto last = static_cast<std::ptrdiff_t>(limit->size()) - 1;
      const auto low =
          std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::floor(ms)), 0, last);
      const auto high = std::min(low + 1, last);
      const double part = std::clamp(ms - static_cast<double>(low), 0.0, 1.0);
      factor *= (*limit)[static_cast<std::size_t>(low)] * (1 - part) +
                (*limit)[static_cast<std::size_t>(high)] * part;
    }
    if (in > 0) factor *= soft(at / in);
    if (out > 0) factor *= soft((static_cast<double>(samples) - at) / out);
    for (int c = 0; c < frame.ch_layout.nb_channels; ++c)
      reinterpret_cast<float*>(frame.extended_data[c])[i] *= static_cast<float>(factor);
  }
}

std::vector<float> limitCurve(const std::vector<float>& peaks, double gain, double ceiling) {
  std::vector<float> needed(peaks.size());
  for (std::size_t i = 0; i < peaks.size(); ++i)
    needed[i] = static_cast<float>(std::min(1.0, ceiling / std::max(peaks[i] * gain, 1e-9)));
  if (needed.empty()) return needed;
  // A mean of minima never passes what is needed: each of them covers the peak. One more
  // millisecond covers what lies between two factors.
  return slidingMean(slidingMinimum(needed, kReachMs + 1), kReachMs);
}

}  // namespace clipcourier::transcoder
