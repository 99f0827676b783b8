#include "messages/token_probe.h"

#include <nlohmann/json.hpp>

#include "messages/sender_rate.h"

namespace clipcourier::messages {

TokenProbe::TokenProbe(db::Database& database, Ask ask, const users::AuditLog& audit,
                       const Clock& clock, std::function<void()> wakeDispatcher)
    : database_(database),
      ask_(std::move(ask)),
      audit_(audit),
      clock_(clock),
      wakeDispatcher_(std::move(wakeDispatcher)) {}

int TokenProbe::runDue() {
  const auto due = database_.read(
      [&](db::Connection& connection) { return HoldRepository(connection).toProbe(clock_.now()); });
  int released = 0;
  for (const Hold& hold : due)
    if (settle(hold, ask_(SenderId{std::stoll(hold.key)}))) ++released;
  if (released > 0) wakeDispatcher_();
  return released;
}

// The rate stays low at first: a token may be known and still lack the right to send.
bool TokenProbe::settle(const Hold& hold, bool works) {
  return database_.write([&](db::Transaction& tx) {
    const TimePoint now = clock_.now();
    HoldRepository holds(tx);
    if (!works) {
      holds.stillNeeded(hold, now);
      return false;
    }
    if (!holds.endEarly(hold, now)) return false;
    SenderRates(tx).startAgain(SenderId{std::stoll(hold.key)}, hold.reason, now, now);
    audit_.record(tx, Actor{}, "hold.release", "hold", hold.scope + " " + hold.key,
                  {{"reason", hold.reason}});
    return true;
  });
}

}  // namespace clipcourier::messages
