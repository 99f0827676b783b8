#define CATCH_CONFIG_RUNNER
#include "support/catch.h"

#include <cstdlib>
#include <fstream>

#include "support/skip.h"

namespace clipcourier {
namespace {

bool skipped = false;

// Tells tests/run.sh how many test cases passed, failed and were skipped: one line in the file that
// CLIPCOURIER_TEST_COUNTS names.
struct Counter : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    TestEventListenerBase::testCaseStarting(info);
    skipped = false;
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    TestEventListenerBase::testCaseEnded(stats);
    ++(stats.totals.testCases.failed ? failed_ : skipped ? skipped_ : passed_);
  }
  void testRunEnded(const Catch::TestRunStats& stats) override {
    TestEventListenerBase::testRunEnded(stats);
    if (const char* file = std::getenv("CLIPCOURIER_TEST_COUNTS"))
      std::ofstream(file) << passed_ << ' ' << failed_ << ' ' << skipped_ << '\n';
  }

  int passed_ = 0, failed_ = 0, skipped_ = 0;
};

}  // namespace

void skipTest(const std::string& why) {
  skipped = true;
  WARN("skipped: " << why);
}

}  // namespace clipcourier

using clipcourier::Counter;
CATCH_REGISTER_LISTENER(Counter)

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
