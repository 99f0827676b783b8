#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "customers/customer.h"

// Turns what people type into the one form a value is stored in, and says what is wrong with it.
// Pure and thread-safe.
namespace clipcourier::customers {

namespace limit {
inline constexpr std::size_t kRefBytes = 128, kNameBytes = 200, kLocaleBytes = 35, kTagBytes = 64,
                             kTags = 50, kAttributes = 32, kAttributeNameBytes = 64,
                             kAttributeBytes = 1000, kAttributesBytes = 8'000;
}

// A value in its stored form, or the code of what is wrong: "phone.invalid", "text.too_long", ...
template <class T>
struct Checked {
  T value{};
  std::string fault;  // empty: value is good
  bool ok() const { return fault.empty(); }
};

// `region` (ISO 3166) is whose numbering plan applies to a phone number without a country code.
Checked<std::string> cleanIdentity(IdentityKind kind, std::string_view text,
                                   std::string_view region);
// One line of text without control characters, trimmed.
Checked<std::string> cleanText(std::string_view text, std::size_t maxBytes);
Checked<std::string> cleanLocale(std::string_view text);  // "de_de" → "de-DE"; empty is allowed
Checked<std::string> cleanTag(std::string_view text);     // lower case, no white space or commas
Checked<std::string> cleanAttributeName(std::string_view text);

// All of a customer at once; tags and identities come back sorted. Throws Error(invalidInput) with
// one detail per mistake, where = the field.
CustomerData cleanCustomer(const CustomerData& input, std::string_view region);

}  // namespace clipcourier::customers
