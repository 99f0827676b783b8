#include "metrics/instruments.h"

#include <algorithm>
#include <limits>

namespace clipcourier::metrics {
namespace {

std::string boundText(double bound) {
  Exposition out;
  out.describe("x", "gauge", "x");
  out.sample(bound);
  const std::string& text = out.text();
  const std::size_t from = text.rfind(' ') + 1;
  return text.substr(from, text.size() - from - 1);
}

Labels with(Labels labels, const std::string& name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

}  // namespace

void Counter::add(const Labels& labels, double more) {
  const std::lock_guard lock(mutex_);
  values_[labels] += more;
}

void Counter::write(Exposition& out) const {
  out.describe(name_, "counter", help_);
  const std::lock_guard lock(mutex_);
  for (const auto& [labels, value] : values_) out.sample(labels, value);
}

void Histogram::observe(const Labels& labels, std::chrono::duration<double> took) {
  const auto at = std::ranges::lower_bound(bounds_, took.count()) - bounds_.begin();
  const std::lock_guard lock(mutex_);
  Series& series = series_[labels];
  series.counts.resize(bounds_.size() + 1);
  ++series.counts[static_cast<std::size_t>(at)];
  series.sum += took.count();
}

void Histogram::write(Exposition& out) const {
  out.describe(name_, "histogram", help_);
  const std::lock_guard lock(mutex_);
  for (const auto& [labels, series] : series_) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < series.counts.size(); ++i) {
      count += series.counts[i];
      const double bound =
          i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
      out.sample("_bucket", with(labels, "le", boundText(bound)), static_cast<double>(count));
    }
    out.sample("_sum", labels, series.sum);
    out.sample("_count", labels, static_cast<double>(count));
  }
}

void Instruments::write(Exposition& out) const {
  requests.write(out);
  responseBytes.write(out);
  streams.write(out);
  jobs.write(out);
  webhookTroubles.write(out);
}

}  // namespace clipcourier::metrics
