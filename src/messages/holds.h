#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"

namespace clipcourier::messages {

// Why all messages of a scope wait. One row per scope, so that holding a million costs one write.
struct Hold {
  std::string scope;  // "campaign", "sender", "template", "channel", "everything"
  std::string
      key;  // id of the campaign or sender, "<sender>/<name>/<language>", channel; "" for all
  std::string reason;  // a code of reasons.h or an operator's words
  std::string heldBy;  // "system" or who did it
  TimePoint since;
  std::optional<TimePoint> until;  // none: until released
};

class HoldRepository {
 public:
  explicit HoldRepository(db::Connection& connection) : db_(connection) {}
  // A hold by a person stays, until it ends, when the system wants to hold the same scope; and of
  // two holds by the system the longer one.
  void hold(const Hold& hold);
  // As hold(), but whatever a person holds stays, and the system's hold gives way.
  void holdFor(const Hold& hold);
  bool release(const std::string& scope, const std::string& key);  // false: there was none
  // As release(), but only a hold set by `heldBy`.
  bool releaseOf(const std::string& scope, const std::string& key, const std::string& heldBy);
  // Of the system's hold that was just set: when the provider may be asked whether it is still
  // needed, the later the more often that was asked in vain.
  void probeLater(const Hold& hold, TimePoint now);
  // For a scope whose provider gives no answer: holds it for some seconds, the longer the more
  // often that was in vain within an hour. Nothing when it is held already.
  void rest(Hold hold);
  // Holds of senders that may be asked for now.
  std::vector<Hold> toProbe(TimePoint now);
  // A probe found it still needed: it lasts until after the next one.
  void stillNeeded(const Hold& hold, TimePoint now);
  // A probe found it needless. It is over, but remembered: should the trouble come back at once, it
  // is asked for later. False when somebody else set or released it meanwhile.
  bool endEarly(const Hold& hold, TimePoint now);
  std::optional<Hold> find(const std::string& scope, const std::string& key);
  std::vector<Hold> active(TimePoint now);

 private:
  db::Connection& db_;
};

std::string templateKey(SenderId sender, const std::string& name, const std::string& language);

}  // namespace clipcourier::messages
