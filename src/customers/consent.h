#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/id.h"

// What a customer agreed to, per channel and purpose, and what they took back.
namespace clipcourier::customers {

using WordingId = Id<struct WordingTag>;
using ConsentId = Id<struct ConsentTag>;  // of the row that holds what is true now

// As channel or purpose of a withdrawal: all of them, also those that do not exist yet.
inline constexpr std::string_view kEvery = "*";

enum class ConsentState { requested, given, withdrawn };
std::string_view name(ConsentState state);
std::optional<ConsentState> consentState(std::string_view name);

// The exact text a person agreed to. Never changed: a new text is a new version.
struct Wording {
  WordingId id;
  std::string name;                   // "newsletter"
  int version = 0;                    // 1, 2, ... per name
  std::string language;               // "de"
  std::string purpose;                // "marketing"
  std::vector<std::string> channels;  // the channels the text names
  bool tracking = false;              // the text speaks of measuring what this person watches
  std::string text;
  TimePoint createdAt;
};

// How we know. `evidence` is what would be shown to a court: the message id and words, the form's
// record, the scan's hash.
struct ConsentProof {
  std::string method;  // "web_form", "inbound_message", "button", "paper", "import", ...
  std::string source;  // where it happened: a form's address, a shop, the file of an import
  std::string evidence;
};

// One fact as it is written into the ledger. `at` is when the customer acted, not when we heard.
struct ConsentFact {
  CustomerId customer;
  std::string channel, purpose;
  ConsentState becomes = ConsentState::requested;
  std::optional<Wording> wording;
  ConsentProof proof;
  std::string address;  // "whatsapp:+49..."; where the channel reached the customer then
  TimePoint at;
  Actor actor;
};

// What is true now for one customer, channel and purpose.
struct Consent {
  ConsentId id;
  CustomerId customer;
  std::string channel, purpose;
  ConsentState state = ConsentState::requested;
  std::optional<WordingId> wording;
  bool tracking = false;
  std::int64_t ledgerSeq = 0;  // the entry that made it so
  TimePoint changedAt;         // when the customer acted
};

}  // namespace clipcourier::customers
