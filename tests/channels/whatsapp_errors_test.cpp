#include "channels/whatsapp/errors.h"

#include <set>

#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::channels;
using whatsapp::errorInfo;

TEST_CASE("every listed code has a reaction and a sentence in both languages", "[channels]") {
  std::set<std::string_view> german;
  for (const ErrorInfo* e = whatsapp::begin(); e != whatsapp::end(); ++e) {
    INFO(e->code);
    CHECK(e->english.ends_with('.'));
    CHECK(e->german.ends_with('.'));
    CHECK(e->english != e->german);
    CHECK((e->after.count() > 0) == e->temporary);
    CHECK(&errorInfo(e->code) == e);
    if (e->reaction == Reaction::retry || e->reaction == Reaction::pair) CHECK(e->temporary);
    if (e->reaction == Reaction::fix || e->reaction == Reaction::optOut) CHECK_FALSE(e->temporary);
  }
}

TEST_CASE("codes lead to the reaction the provider asks for", "[channels]") {
  struct Row {
    int code;
    Reaction reaction;
    bool temporary;
  };
  using enum Reaction;
  for (const Row& row : std::vector<Row>{{1, retry, true},
                                         {2, retry, true},
                                         {4, accountThroughput, true},
                                         {10, auth, true},
                                         {33, number, true},
                                         {100, fix, false},
                                         {104, auth, true},
                                         {190, auth, true},
                                         {200, auth, true},
                                         {250, auth, true},
                                         {299, auth, true},
                                         {368, account, true},
                                         {80007, accountThroughput, true},
                                         {80008, retry, true},
                                         {130403, recipient, false},
                                         {130429, throughput, true},
                                         {130472, recipient, true},
                                         {130497, recipient, false},
                                         {131000, retry, true},
                                         {131005, auth, true},
                                         {131008, fix, false},
                                         {131009, fix, false},
                                         {131016, retry, true},
                                         {131021, recipient, false},
                                         {131026, unreachable, false},
                                         {131030, fix, false},
                                         {131031, account, true},
                                         {131037, number, true},
                                         {131042, account, true},
                                         {131045, number, true},
                                         {131047, fix, false},
                                         {131048, number, true},
                                         {131049, recipient, true},
                                         {131050, optOut, false},
                                         {131051, fix, false},
                                         {131053, fix, false},
                                         {131056, pair, true},
                                         {131057, retry, true},
                                         {131062, fix, false},
                                         {131063, fix, false},
                                         {131064, accountThroughput, true},
                                         {132000, templatePause, true},
                                         {132001, templatePause, true},
                                         {132005, fix, false},
                                         {132007, templatePause, false},
                                         {132012, templatePause, true},
                                         {132015, templatePause, true},
                                         {132016, templatePause, false},
                                         {132018, fix, false},
                                         {133010, number, true},
                                         {134011, account, true},
                                         {134101, templatePause, true},
                                         {135000, fix, false},
                                         {2494100, retry, true}}) {
    INFO(row.code);
    CHECK(errorInfo(row.code).code != 0);
    CHECK(errorInfo(row.code).reaction == row.reaction);
    CHECK(errorInfo(row.code).temporary == row.temporary);
  }
}

TEST_CASE("an unknown code is permanent and old codes read as their successors", "[channels]") {
  for (const int code : {-1, 5, 199, 300, 131099, 999'999'999}) {
    CHECK(errorInfo(code).code == 0);
    CHECK_FALSE(errorInfo(code).temporary);
  }
  CHECK(errorInfo(470).code == 131047);
  CHECK(errorInfo(1026).code == 131026);
  CHECK(errorInfo(131056).after < errorInfo(131057).after);
  CHECK(errorInfo(131000).maxTries == 3);
  CHECK(errorInfo(131049).maxTries == 2);
  CHECK(errorInfo(131049).after >= std::chrono::hours(24));
  CHECK(errorInfo(130472).maxTries == 1);
  CHECK(errorInfo(130472).after >= std::chrono::hours(48));
}

TEST_CASE("operations are told of the codes that only they can do something about", "[channels]") {
  std::set<int> alarming;
  for (const ErrorInfo* e = whatsapp::begin(); e != whatsapp::end(); ++e)
    if (e->alarm) alarming.insert(e->code);
  CHECK(alarming == std::set<int>{1, 130497, 135000});
}
