#pragma once

#include <optional>
#include <string>
#include <vector>

#include "customers/consent.h"
#include "customers/consent_chain.h"
#include "db/connection.h"

namespace clipcourier::customers {

struct LedgerHead {
  std::int64_t seq = 0;
  std::string chain, mac;
};

// Every statement of consent_ledger, consent_ledger_head and consents. Works on one connection,
// which it borrows. One thread.
class ConsentRepository {
 public:
  explicit ConsentRepository(db::Connection& connection) : connection_(connection) {}

  LedgerHead head();
  // As head(), and nobody else can append until this transaction ends. Take it before reading what
  // a decision rests on.
  LedgerHead lockHead();
  void append(const std::vector<LedgerEntry>& entries, const LedgerHead& newHead);

  std::vector<LedgerEntry> entriesAfter(std::int64_t seq, int limit);
  std::vector<LedgerEntry> entriesOf(const std::vector<CustomerId>& customers);  // by seq
  std::vector<LedgerEntry> entriesOf(CustomerId customer, std::int64_t after, int limit);
  // Entries `after` < seq <= `upTo` that were not erased and have no row of their customer in
  // consents.
  std::vector<std::int64_t> entriesWithoutState(std::int64_t after, std::int64_t upTo);

  std::vector<Consent> of(const std::vector<CustomerId>& customers);
  std::vector<Consent> consentsAfter(ConsentId id, int limit);
  void put(const std::vector<Consent>& consents);  // one row each per customer, channel, purpose

  // Takes away what the entries of a customer said, and the states that rest on them; withdrawals
  // stay. The chain stays whole. Call lockHead() before.
  void erase(CustomerId customer);

  // How a channel reaches each customer: "whatsapp:49170..."; customers without such an address
  // miss.
  struct Address {
    CustomerId customer;
    std::string kind, value;
  };
  std::vector<Address> addresses(const std::vector<CustomerId>& customers);

 private:
  db::Connection& connection_;
};

}  // namespace clipcourier::customers
