// Small durable writes per second from many threads, each waiting for its own commit.
// Usage: bench_db URL [THREADS] [SECONDS]; prints {"writes_per_second", "p50_ms", "p99_ms"}.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "db/database.h"

using namespace clipcourier;
using SteadyClock = std::chrono::steady_clock;

namespace {

std::vector<double> writeUntil(db::Database& database, int thread, SteadyClock::time_point end) {
  std::vector<double> tookMs;
  for (std::int64_t n = 0; SteadyClock::now() < end; ++n) {
    const auto began = SteadyClock::now();
    database.write([&](db::Transaction& tx) {
      tx.run("INSERT INTO bench_writes (writer, number, body) VALUES ($1, $2, $3)", thread, n,
             std::string(200, 'x'));
    });
    tookMs.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - began).count());
  }
  return tookMs;
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s URL [THREADS] [SECONDS]\n", argv[0]), 2;
  const int count = argc > 2 ? std::atoi(argv[2]) : 64;
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 5;
  db::DatabaseSettings settings;
  settings.url = Secret(argv[1]);
  settings.writers = 32;
  db::Database database(settings);
  database.write([](db::Transaction& tx) {
    tx.run(
        "CREATE TABLE IF NOT EXISTS bench_writes (writer INTEGER NOT NULL, "
        "number BIGINT NOT NULL, body TEXT NOT NULL)");
  });
  const auto began = SteadyClock::now();
  const auto end = began + std::chrono::seconds(seconds);
  std::vector<std::vector<double>> each(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back(
        [&, i] { each[static_cast<std::size_t>(i)] = writeUntil(database, i, end); });
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(SteadyClock::now() - began).count();
  std::vector<double> all;
  for (const auto& one : each) all.insert(all.end(), one.begin(), one.end());
  if (all.empty()) return 1;
  std::sort(all.begin(), all.end());
  std::printf("{\"writes_per_second\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n",
              static_cast<double>(all.size()) / took, percentile(all, 0.5), percentile(all, 0.99));
}
