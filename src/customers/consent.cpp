#include "customers/consent.h"

namespace clipcourier::customers {

std::string_view name(ConsentState state) {
  switch (state) {
    case ConsentState::requested: return "requested";
    case ConsentState::given: return "given";
    case ConsentState::withdrawn: return "withdrawn";
  }
  return "withdrawn";
}

std::optional<ConsentState> consentState(std::string_view text) {
  for (const auto state : {ConsentState::requested, ConsentState::given, ConsentState::withdrawn})
    if (name(state) == text) return state;
  return std::nullopt;
}

}  // namespace clipcourier::customers
