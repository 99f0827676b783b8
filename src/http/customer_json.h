#pragma once

#include <nlohmann/json_fwd.hpp>

#include "customers/consent_desk.h"
#include "customers/customer.h"
#include "customers/import_service.h"

// How customers, consents and imports look in the API.
namespace clipcourier::http {

nlohmann::json toJson(const customers::Customer& customer);
nlohmann::json toJson(const customers::Consent& consent);
nlohmann::json toJson(
    const customers::LedgerEntry& entry);  // what it says, and its place in the chain
nlohmann::json toJson(const customers::Wording& wording);
nlohmann::json toJson(const customers::Import& import);
nlohmann::json toJson(const customers::ImportProblem& problem);

// Applies a customer from outside as a JSON merge patch (RFC 7396) to `data`: what is missing
// stays, null takes away; tags are replaced as a whole. Throws Error(invalidInput) with every
// mistake.
void applyPatch(const nlohmann::json& patch, customers::CustomerData& data);

}  // namespace clipcourier::http
