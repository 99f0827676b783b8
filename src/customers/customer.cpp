#include "customers/customer.h"

namespace clipcourier::customers {

std::string_view name(IdentityKind kind) {
  switch (kind) {
    case IdentityKind::phone: return "phone";
    case IdentityKind::whatsapp: return "whatsapp";
    case IdentityKind::bsuid: return "bsuid";
    case IdentityKind::email: return "email";
    case IdentityKind::telegram: return "telegram";
  }
  return "phone";
}

std::optional<IdentityKind> identityKind(std::string_view text) {
  for (const auto kind : {IdentityKind::phone, IdentityKind::whatsapp, IdentityKind::bsuid,
                          IdentityKind::email, IdentityKind::telegram})
    if (name(kind) == text) return kind;
  return std::nullopt;
}

}  // namespace clipcourier::customers
