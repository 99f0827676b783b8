#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "metrics/exposition.h"

namespace clipcourier::metrics {

// What this process counts while it runs. Thread-safe.
class Counter {
 public:
  Counter(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}
  void add(const Labels& labels, double more = 1);
  void write(Exposition& out) const;

 private:
  const std::string name_, help_;
  mutable std::mutex mutex_;
  std::map<Labels, double> values_;
};

// How long something took, in seconds. Thread-safe.
class Histogram {
 public:
  // `bounds` in rising order.
  Histogram(std::string name, std::string help, std::vector<double> bounds)
      : name_(std::move(name)), help_(std::move(help)), bounds_(std::move(bounds)) {}
  void observe(const Labels& labels, std::chrono::duration<double> took);
  void write(Exposition& out) const;

 private:
  struct Series {
    std::vector<std::uint64_t> counts;  // one for each bound, and one above them
    double sum = 0;
  };
  const std::string name_, help_;
  const std::vector<double> bounds_;
  mutable std::mutex mutex_;
  std::map<Labels, Series> series_;
};

// The instruments of a service.
struct Instruments {
  Histogram requests{"http_request_duration_seconds",
                     "Time from the whole head of a request to its answer.",
                     {0.005, 0.02, 0.1, 0.5, 2, 10}};
  Counter responseBytes{"http_response_bytes_total", "Bytes of answers, without their heads."};
  Counter streams{"http_streams_total", "Streams that ended."};
  Histogram jobs{"job_duration_seconds",
                 "Time that attempts of background jobs took.",
                 {0.1, 1, 5, 15, 60, 300, 1800}};
  Counter webhookTroubles{"webhook_troubles_total",
                          "Webhooks that could not be applied: to be tried again, or set aside."};
  void write(Exposition& out) const;
};

}  // namespace clipcourier::metrics
