#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "customers/consent_rules.h"

// The arithmetic of the consent ledger: what is hashed, and how one entry holds the one before.
//
//   payload_hash = SHA-256(salt || payload)
//   chain        = HMAC-SHA-256(key, previous chain || payload_hash)
//
// so payload and salt of an entry can be erased and the chain stays whole. All values are kept as
// lower-case hexadecimal; the chain before the first entry is empty. Pure and thread-safe.
namespace clipcourier::customers {

struct LedgerEntry {
  std::int64_t seq = 0;
  std::optional<CustomerId> customer;
  std::optional<std::string> payload, salt;  // both missing once erased
  std::string payloadHash;
  std::string chain;
  TimePoint createdAt;
};

// One line of JSON with sorted keys and no white space: the same fact always has the same bytes.
std::string canonicalPayload(const ConsentFact& fact, TimePoint recordedAt);

// What the payload says, for checks and for showing it. None when it is no payload of ours.
struct PayloadFacts {
  CustomerId customer;
  std::string channel, purpose;
  ConsentStep step;  // without seq
};
std::optional<PayloadFacts> readPayload(std::string_view payload);

class ConsentChain {
 public:
  explicit ConsentChain(const crypto::KeyRing& keys);

  // The entry after `previousSeq`, with a fresh salt.
  LedgerEntry next(std::int64_t previousSeq, std::string_view previousChain,
                   const ConsentFact& fact, TimePoint recordedAt) const;
  std::string link(std::string_view previousChain, std::string_view payloadHash) const;
  // Proves the end of the chain, so that cutting entries off it does not go unseen.
  std::string sealHead(std::int64_t seq, std::string_view chain) const;

 private:
  std::string key_, headKey_;
};

std::string hashPayload(std::string_view saltHex, std::string_view payload);

}  // namespace clipcourier::customers
