#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clipcourier::metrics {

// In the order they are shown. Values come from small fixed sets, never from outside: each
// combination is a series that the monitoring keeps for ever.
using Labels = std::vector<std::pair<std::string, std::string>>;

// Metrics as Prometheus' text format: every name begins with "clipcourier_", base units only.
class Exposition {
 public:
  // Begins a metric; its samples follow. `name` without the prefix, `type` "counter", "gauge" or
  // "histogram".
  void describe(std::string_view name, std::string_view type, std::string_view help);
  void sample(const Labels& labels, double value) { sample("", labels, value); }
  void sample(double value) { sample({}, value); }
  void sample(std::string_view suffix, const Labels& labels, double value);  // "_bucket", ...

  const std::string& text() const { return text_; }

 private:
  std::string name_, text_;
};

}  // namespace clipcourier::metrics
