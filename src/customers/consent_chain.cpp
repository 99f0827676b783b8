#include "customers/consent_chain.h"

#include <nlohmann/json.hpp>

namespace clipcourier::customers {
namespace {

using Json = nlohmann::json;  // its objects keep their keys sorted
constexpr int kPayloadVersion = 1;
constexpr std::size_t kSaltBytes = 16;

Json toJson(const Wording& wording) {
  return {
      {"id", wording.id.value},       {"language", wording.language},
      {"name", wording.name},         {"text_sha256", crypto::hex(crypto::sha256(wording.text))},
      {"tracking", wording.tracking}, {"version", wording.version}};
}

// Not hexadecimal means altered: the empty string then fails every comparison.
std::string raw(std::string_view hex) { return crypto::unhex(hex).value_or(""); }

}  // namespace

std::string canonicalPayload(const ConsentFact& fact, TimePoint recordedAt) {
  Json payload = {{"v", kPayloadVersion},
                  {"actor", {{"id", fact.actor.id}, {"kind", fact.actor.kind}}},
                  {"address", fact.address},
                  {"at_ms", toMs(fact.at)},
                  {"channel", fact.channel},
                  {"customer_id", fact.customer.value},
                  {"event", name(fact.becomes)},
                  {"evidence", fact.proof.evidence},
                  {"method", fact.proof.method},
                  {"purpose", fact.purpose},
                  {"recorded_at_ms", toMs(recordedAt)},
                  {"source", fact.proof.source}};
  if (fact.wording) payload["wording"] = toJson(*fact.wording);
  return payload.dump();
}

std::optional<PayloadFacts> readPayload(std::string_view payload) {
  const Json json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    if (json.at("v").get<int>() != kPayloadVersion) return std::nullopt;
    PayloadFacts facts;
    facts.customer = {json.at("customer_id").get<std::int64_t>()};
    facts.channel = json.at("channel").get<std::string>();
    facts.purpose = json.at("purpose").get<std::string>();
    const auto state = consentState(json.at("event").get<std::string>());
    if (!state) return std::nullopt;
    facts.step.becomes = *state;
    facts.step.at = fromMs(json.at("at_ms").get<std::int64_t>());
    if (json.contains("wording")) {
      facts.step.wording = WordingId{json.at("wording").at("id").get<std::int64_t>()};
      facts.step.tracking = json.at("wording").at("tracking").get<bool>();
    }
    return facts;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string hashPayload(std::string_view saltHex, std::string_view payload) {
  return crypto::hex(crypto::sha256(raw(saltHex).append(payload)));
}

ConsentChain::ConsentChain(const crypto::KeyRing& keys)
    : key_(keys.key("consent-ledger")), headKey_(keys.key("consent-ledger-head")) {}

LedgerEntry ConsentChain::next(std::int64_t previousSeq, std::string_view previousChain,
                               const ConsentFact& fact, TimePoint recordedAt) const {
  LedgerEntry entry;
  entry.seq = previousSeq + 1;
  entry.customer = fact.customer;
  entry.payload = canonicalPayload(fact, recordedAt);
  entry.salt = crypto::hex(crypto::randomBytes(kSaltBytes));
  entry.payloadHash = hashPayload(*entry.salt, *entry.payload);
  entry.chain = link(previousChain, entry.payloadHash);
  entry.createdAt = recordedAt;
  return entry;
}

std::string ConsentChain::link(std::string_view previousChain, std::string_view payloadHash) const {
  return crypto::hex(crypto::hmacSha256(key_, raw(previousChain).append(raw(payloadHash))));
}

std::string ConsentChain::sealHead(std::int64_t seq, std::string_view chain) const {
  return crypto::hex(crypto::hmacSha256(headKey_, std::to_string(seq).append(":").append(chain)));
}

}  // namespace clipcourier::customers
