#pragma once

#include <string_view>

#include "base/clock.h"

namespace clipcourier::channels {

// What an error asks us to do, from the narrowest reach to the widest.
enum class Reaction {
  retry,              // the same message again, later
  pair,               // this recipient got too much at once: what we have for them waits
  throughput,         // this sender is too fast
  accountThroughput,  // all senders of the business account are too fast together
  fix,                // our request or content is wrong: never again unchanged
  recipient,          // not this recipient on this channel: this message, or all for a while
  unreachable,        // the channel does not reach this recipient: not again in many campaigns
  optOut,             // the recipient wants no more marketing: write it down
  templatePause,      // this template in this language
  number,             // this sender
  account,            // every sender of the business account
  auth,               // every sender with this token
};

std::string_view name(Reaction reaction);  // "retry", "pair", "fix", "rcpt", "optout", "tpl", ...

struct ErrorInfo {
  int code;  // 0 for the entry that stands for every code not listed
  Reaction reaction;
  bool temporary;  // the same message may succeed later
  Millis after;    // temporary: at least so long
  int maxTries;    // temporary: give up after so many; 0: the sender's own limit
  std::string_view english;
  std::string_view german;
  bool alarm = false;  // operations must know when it ends a message
};

}  // namespace clipcourier::channels
