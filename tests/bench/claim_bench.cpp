// How long it takes in a database with many messages to claim some and begin their attempts, from
// BEGIN to durable. They stay begun. Usage: bench_claim URL CAMPAIGN SENDER [CLAIMS]; prints
// {"p50_ms", "p99_ms", "longest_ms"}.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "messages/queue.h"

using namespace clipcourier;

int main(int argc, char* argv[]) {
  if (argc < 4) return std::fprintf(stderr, "usage: %s URL CAMPAIGN SENDER [CLAIMS]\n", argv[0]), 2;
  const int claims = argc > 4 ? std::atoi(argv[4]) : 200;
  db::DatabaseSettings settings;
  settings.url = Secret(argv[1]);
  db::Database database(settings);
  const messages::Lane lane{CampaignId{std::atoll(argv[2])}, SenderId{std::atoll(argv[3])},
                            "whatsapp", "marketing", 1'000'000};
  SystemClock clock;
  std::vector<double> took;
  for (int i = 0; i < claims; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const auto begun = database.write([&](db::Transaction& tx) {
      messages::Queue queue(tx, clock.now());
      std::vector<MessageId> ids;
      for (const messages::Claimed& one : queue.claim(lane, 40)) ids.push_back(one.id);
      auto attempts = queue.begin(lane, ids, clock.now() + Millis(60'000));
      queue.finish();
      return attempts;
    });
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
            .count());
    if (begun.size() != 40) return std::fprintf(stderr, "%zu begun\n", begun.size()), 1;
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[std::min(took.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(took.size())))];
  };
  std::printf("{\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"longest_ms\": %.2f}\n", at(0.5), at(0.99),
              took.back());
}
