#include "channels/reaction.h"

namespace clipcourier::channels {

std::string_view name(Reaction reaction) {
  switch (reaction) {
    case Reaction::retry: return "retry";
    case Reaction::pair: return "pair";
    case Reaction::throughput: return "rate";
    case Reaction::accountThroughput: return "acctrate";
    case Reaction::fix: return "fix";
    case Reaction::recipient: return "rcpt";
    case Reaction::unreachable: return "unreachable";
    case Reaction::optOut: return "optout";
    case Reaction::templatePause: return "tpl";
    case Reaction::number: return "num";
    case Reaction::account: return "acct";
    case Reaction::auth: return "auth";
  }
  return "fix";
}

}  // namespace clipcourier::channels
