#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace clipcourier::customers {

// The ways to reach a person. whatsapp is the id WhatsApp gives a phone (its digits), bsuid the
// business-scoped user id that stands in for a hidden number.
enum class IdentityKind { phone, whatsapp, bsuid, email, telegram };
std::string_view name(IdentityKind kind);
std::optional<IdentityKind> identityKind(std::string_view name);

// One address of a customer, in the one form it is stored and searched in. An identity belongs to
// one customer, and a customer has at most one of each kind.
struct Identity {
  IdentityKind kind = IdentityKind::phone;
  std::string value;  // phone "+491701234567", whatsapp "491701234567", email in lower case
  friend bool operator==(const Identity&, const Identity&) = default;
  friend auto operator<=>(const Identity&, const Identity&) = default;
};

using Attributes = std::map<std::string, std::string>;

// Someone who may be written to, if they agreed. What may change comes first.
struct CustomerData {
  std::optional<std::string> externalRef;  // the id in the shop's own system
  std::string name;
  std::string locale;                // "de", "en-GB", or empty
  std::vector<Identity> identities;  // sorted by kind
  std::vector<std::string> tags;     // sorted, each once
  Attributes attributes;
  friend bool operator==(const CustomerData&, const CustomerData&) = default;
};

struct Customer : CustomerData {
  CustomerId id;
  TimePoint createdAt, updatedAt;
  int version = 1;  // rises with each change; for If-Match
};

}  // namespace clipcourier::customers
