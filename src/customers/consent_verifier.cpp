#include "customers/consent_verifier.h"

#include <algorithm>
#include <map>
#include <set>

#include "customers/consent_repository.h"

namespace clipcourier::customers {
namespace {

constexpr std::size_t kMaxFaults = 100;
using Key = std::pair<std::string, std::string>;  // channel, purpose

// What the entries of one customer lead to.
struct Folded {
  std::map<Key, ConsentNow> states;
  bool erased = false;  // some entries no longer say what they were
};

std::map<CustomerId, Folded> fold(const std::vector<LedgerEntry>& entries) {
  std::map<CustomerId, Folded> all;
  for (const LedgerEntry& entry : entries) {
    if (!entry.customer) continue;
    Folded& folded = all[*entry.customer];
    const auto facts = entry.payload ? readPayload(*entry.payload) : std::nullopt;
    if (!facts) {
      folded.erased = true;
      continue;
    }
    ConsentStep step = facts->step;
    step.seq = entry.seq;
    const Key key{facts->channel, facts->purpose};
    const auto found = folded.states.find(key);
    const auto now = found == folded.states.end() ? std::nullopt : std::optional(found->second);
    folded.states[key] = after(now, step);
  }
  return all;
}

std::string faultOf(const Consent& row, const Folded* folded) {
  const auto found = folded ? folded->states.find({row.channel, row.purpose})
                            : std::map<Key, ConsentNow>::const_iterator{};
  if (!folded || found == folded->states.end()) {
    // A withdrawal outlives the proof that erasure took away; a consent does not.
    if (folded && folded->erased && row.state == ConsentState::withdrawn) return "";
    return "the ledger has no entry for it";
  }
  const ConsentNow now{row.state, row.changedAt, row.wording, row.tracking, row.ledgerSeq};
  if (now == found->second) return "";
  return "it says " + std::string(name(row.state)) + " by entry " + std::to_string(row.ledgerSeq) +
         ", the ledger says " + std::string(name(found->second.state)) + " by entry " +
         std::to_string(found->second.seq);
}

// The faults of the customers that have rows on one page, all rows of these customers included.
std::vector<ConsentFault> stateFaults(db::Connection& connection,
                                      const std::vector<CustomerId>& customers) {
  ConsentRepository repository(connection);
  const auto folded = fold(repository.entriesOf(customers));
  std::map<CustomerId, std::set<Key>> seen;
  std::vector<ConsentFault> faults;
  for (const Consent& row : repository.of(customers)) {
    seen[row.customer].insert({row.channel, row.purpose});
    const auto found = folded.find(row.customer);
    std::string what = faultOf(row, found == folded.end() ? nullptr : &found->second);
    if (!what.empty()) faults.push_back({0, row.id.value, std::move(what)});
  }
  for (const auto& [customer, states] : folded)
    for (const auto& [key, now] : states.states)
      if (!seen[customer].contains(key))
        faults.push_back({now.seq, 0, "its current-state row is missing"});
  return faults;
}

}  // namespace

ConsentReport ConsentVerifier::verify() {
  ConsentReport report;
  verifyChain(report);
  verifyState(report);
  verifyMissingRows(report);
  return report;
}

std::string ConsentVerifier::faultOf(const LedgerEntry& entry, std::int64_t seq,
                                     const std::string& chain) const {
  if (entry.seq != seq) return "entry " + std::to_string(seq) + " is missing before it";
  if (entry.payload.has_value() != entry.salt.has_value())
    return "only one of its payload and its salt is there";
  if (entry.payload) {
    if (hashPayload(*entry.salt, *entry.payload) != entry.payloadHash)
      return "its payload was changed";
    const auto facts = readPayload(*entry.payload);
    if (!facts) return "its payload cannot be read";
    if (entry.customer != facts->customer) return "it was moved to another customer";
  }
  if (chain_.link(chain, entry.payloadHash) != entry.chain)
    return "it does not continue the entry before it";
  return "";
}

bool ConsentVerifier::verifyPage(ConsentReport& report, std::int64_t& seq, std::string& chain) {
  const auto page = database_.read(
      [&](db::Connection& c) { return ConsentRepository(c).entriesAfter(seq, pageSize_); });
  for (const LedgerEntry& entry : page) {
    if (entry.seq > report.headSeq) return false;
    std::string what = faultOf(entry, seq + 1, chain);
    if (!what.empty()) {
      report.faults.push_back({entry.seq, 0, std::move(what)});
      return false;
    }
    seq = entry.seq;
    chain = entry.chain;
    ++report.entries;
    report.erased += entry.payload ? 0 : 1;
  }
  return !page.empty();
}

void ConsentVerifier::verifyChain(ConsentReport& report) {
  const LedgerHead head =
      database_.read([](db::Connection& c) { return ConsentRepository(c).head(); });
  report.headSeq = head.seq;
  report.headChain = head.chain;
  const bool sealed =
      head.seq == 0 ? head.chain.empty() : head.mac == chain_.sealHead(head.seq, head.chain);
  if (!sealed) report.faults.push_back({head.seq, 0, "the seal of the ledger's end does not fit"});
  std::int64_t seq = 0;
  std::string chain;
  const std::size_t before = report.faults.size();
  while (verifyPage(report, seq, chain)) {
  }
  if (report.faults.size() > before) return;
  if (seq < head.seq)
    report.faults.push_back({seq + 1, 0, "the ledger ends before this entry"});
  else if (chain != head.chain)
    report.faults.push_back({seq, 0, "it is not the entry that the ledger's end names"});
  else if (head.seq == 0 && database_.read([](db::Connection& c) {
             return !ConsentRepository(c).entriesAfter(0, 1).empty();
           }))
    report.faults.push_back({1, 0, "there are entries behind the ledger's end"});
}

void ConsentVerifier::verifyState(ConsentReport& report) {
  ConsentId after;
  for (;;) {
    const auto page = database_.read(
        [&](db::Connection& c) { return ConsentRepository(c).consentsAfter(after, pageSize_); });
    if (page.empty()) return;
    after = page.back().id;
    report.consents += static_cast<std::int64_t>(page.size());
    std::set<CustomerId> customers;
    for (const Consent& row : page) customers.insert(row.customer);
    // Rows and entries of one moment, so that a writer cannot come between them.
    auto faults = database_.snapshot([&](db::Connection& c) {
      return stateFaults(c, std::vector<CustomerId>(customers.begin(), customers.end()));
    });
    for (ConsentFault& fault : faults)
      if (report.faults.size() < kMaxFaults) report.faults.push_back(std::move(fault));
  }
}

// Customers whose rows are all gone, which no row leads to.
void ConsentVerifier::verifyMissingRows(ConsentReport& report) {
  const std::int64_t step = pageSize_;
  for (std::int64_t seq = 0; seq < report.headSeq; seq += step) {
    const auto missing = database_.read([&](db::Connection& c) {
      return ConsentRepository(c).entriesWithoutState(seq, std::min(seq + step, report.headSeq));
    });
    for (const std::int64_t found : missing)
      if (report.faults.size() < kMaxFaults)
        report.faults.push_back({found, 0, "its current-state row is missing"});
  }
}

std::string toText(const ConsentReport& report) {
  std::string text = "consent ledger: " + std::to_string(report.entries) + " entries checked (" +
                     std::to_string(report.erased) + " erased), " +
                     std::to_string(report.consents) + " current states\n";
  for (const ConsentFault& fault : report.faults) {
    text += fault.consent ? "broken: consent " + std::to_string(fault.consent)
                          : "broken: ledger entry " + std::to_string(fault.seq);
    text += ": " + fault.what + "\n";
  }
  if (!report.whole())
    return text +
           "Stop sending, keep this database as it is, and compare it with a backup: somebody or "
           "something changed it past the program.\n";
  return text + "whole up to entry " + std::to_string(report.headSeq) + " " + report.headChain +
         "\n";
}

}  // namespace clipcourier::customers
