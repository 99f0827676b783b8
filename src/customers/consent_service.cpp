#include "customers/consent_service.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"

namespace clipcourier::customers {
namespace {

using Key = std::tuple<CustomerId, std::string, std::string>;  // customer, channel, purpose

ConsentNow nowOf(const Consent& c) {
  return {c.state, c.changedAt, c.wording, c.tracking, c.ledgerSeq};
}

bool covers(std::string_view scope, std::string_view word) {
  return scope == kEvery || scope == word;
}

bool reaches(std::string_view channel, std::string_view kind) {
  if (channel == "whatsapp") return kind == "whatsapp" || kind == "phone" || kind == "bsuid";
  if (channel == "sms" || channel == "rcs") return kind == "phone";
  return channel == kEvery || channel == kind;
}

Error incomplete(const std::vector<std::string>& missing) {
  std::vector<ErrorDetail> details;
  for (const std::string& field : missing)
    details.push_back({"consent.incomplete", field, field + " is missing or does not fit"});
  return Error(ErrorKind::invalidInput, "the consent is not proven",
               "give the wording that covers this channel and purpose, the time of the "
               "customer's act, method, source and evidence",
               "consent.incomplete")
      .with(std::move(details));
}

}  // namespace

std::vector<std::string> missingIn(const ConsentFact& fact, TimePoint now) {
  std::vector<std::string> missing;
  const auto require = [&](bool good, const char* field) {
    if (!good) missing.emplace_back(field);
  };
  const auto& w = fact.wording;
  require(w && w->purpose == fact.purpose &&
              std::ranges::find(w->channels, fact.channel) != w->channels.end(),
          "wording");
  require(!fact.proof.method.empty(), "method");
  require(!fact.proof.source.empty(), "source");
  require(!fact.proof.evidence.empty(), "evidence");
  require(fact.at <= now + kClockTolerance && fact.at > TimePoint(), "at");
  return missing;
}

// The consents of some customers, read once behind the ledger's lock, changed fact by fact, and
// written together.
class ConsentService::Batch {
 public:
  Batch(db::Transaction& tx, const ConsentChain& chain, TimePoint now,
        const std::set<CustomerId>& customers)
      : repository_(tx), chain_(chain), now_(now), head_(repository_.lockHead()) {
    const std::vector<CustomerId> ids(customers.begin(), customers.end());
    for (Consent& c : repository_.of(ids)) {
      Key key{c.customer, c.channel, c.purpose};
      rows_.emplace(std::move(key), std::move(c));
    }
    for (auto& a : repository_.addresses(ids)) addresses_[a.customer].push_back(std::move(a));
  }

  ConsentOutcome record(ConsentFact fact, bool imported) {
    const Key key{fact.customer, fact.channel, fact.purpose};
    const auto row = rows_.find(key);
    std::optional<ConsentNow> now;
    if (row != rows_.end()) now = nowOf(row->second);
    const ConsentStep step = stepOf(fact);
    const Verdict verdict = judge(now, withdrawalsOver(key), step, imported);
    if (verdict != Verdict::record) return {verdict, row == rows_.end() ? Consent{} : row->second};
    append(fact);
    return {verdict, store(key, after(now, step))};
  }

  // The rows that a withdrawal of this scope touches, itself included.
  std::vector<Key> scopeOf(const Withdrawal& w) const {
    std::vector<Key> keys{{w.customer, w.channel, w.purpose}};
    for (const auto& [key, row] : rows_) {
      const auto& [customer, channel, purpose] = key;
      if (customer == w.customer && covers(w.channel, channel) && covers(w.purpose, purpose) &&
          key != keys.front() && row.state != ConsentState::withdrawn)
        keys.push_back(key);
    }
    return keys;
  }

  // Writes everything; afterwards the rows have their ids.
  void finish() {
    repository_.append(entries_, {head_.seq, head_.chain, chain_.sealHead(head_.seq, head_.chain)});
    std::vector<Consent> changed;
    for (const Key& key : changed_) changed.push_back(rows_.at(key));
    repository_.put(changed);
  }

  std::vector<Consent> current(CustomerId customer) { return repository_.of({customer}); }

 private:
  ConsentStep stepOf(const ConsentFact& fact) const {
    ConsentStep step{fact.becomes, fact.at, std::nullopt, false, head_.seq + 1};
    if (!fact.wording) return step;
    step.wording = fact.wording->id;
    step.tracking = fact.wording->tracking;
    return step;
  }

  std::vector<TimePoint> withdrawalsOver(const Key& key) const {
    const auto& [customer, channel, purpose] = key;
    std::vector<TimePoint> times;
    for (const std::string& c : {channel, std::string(kEvery)})
      for (const std::string& p : {purpose, std::string(kEvery)}) {
        const auto row = rows_.find({customer, c, p});
        if (row != rows_.end() && row->second.state == ConsentState::withdrawn)
          times.push_back(row->second.changedAt);
      }
    return times;
  }

  void append(ConsentFact& fact) {
    if (fact.address.empty())
      for (const auto& a : addresses_[fact.customer])
        if (reaches(fact.channel, a.kind))
          fact.address += (fact.address.empty() ? "" : " ") + a.kind + ":" + a.value;
    entries_.push_back(chain_.next(head_.seq, head_.chain, fact, now_));
    head_.seq = entries_.back().seq;
    head_.chain = entries_.back().chain;
  }

  const Consent& store(const Key& key, const ConsentNow& now) {
    Consent& row = rows_[key];
    std::tie(row.customer, row.channel, row.purpose) = key;
    row.state = now.state;
    row.changedAt = now.changedAt;
    row.wording = now.wording;
    row.tracking = now.tracking;
    row.ledgerSeq = now.seq;
    changed_.insert(key);
    return row;
  }

  ConsentRepository repository_;
  const ConsentChain& chain_;
  TimePoint now_;
  LedgerHead head_;
  std::map<Key, Consent> rows_;
  std::map<CustomerId, std::vector<ConsentRepository::Address>> addresses_;
  std::vector<LedgerEntry> entries_;
  std::set<Key> changed_;
};

ConsentOutcome ConsentService::request(db::Transaction& tx, const ConsentFact& fact) const {
  Batch batch(tx, chain_, clock_.now(), {fact.customer});
  ConsentFact asked = fact;
  asked.becomes = ConsentState::requested;
  asked.at = std::min(fact.at, clock_.now());
  ConsentOutcome outcome = batch.record(std::move(asked), false);
  batch.finish();
  for (Consent& c : batch.current(fact.customer))
    if (c.channel == fact.channel && c.purpose == fact.purpose) outcome.now = std::move(c);
  return outcome;
}

ConsentOutcome ConsentService::give(db::Transaction& tx, const ConsentFact& fact) const {
  const auto missing = missingIn(fact, clock_.now());
  if (!missing.empty()) throw incomplete(missing);
  Batch batch(tx, chain_, clock_.now(), {fact.customer});
  ConsentFact given = fact;
  given.becomes = ConsentState::given;
  ConsentOutcome outcome = batch.record(std::move(given), false);
  if (outcome.verdict == Verdict::keptWithdrawn)
    throw Error(ErrorKind::conflict, "the customer withdrew this consent after that",
                "only an act of the customer that is newer than the withdrawal gives it again",
                "consent.withdrawn");
  batch.finish();
  for (Consent& c : batch.current(fact.customer))
    if (c.channel == fact.channel && c.purpose == fact.purpose) outcome.now = std::move(c);
  return outcome;
}

std::vector<ConsentOutcome> ConsentService::withdraw(db::Transaction& tx,
                                                     const Withdrawal& withdrawal) const {
  Batch batch(tx, chain_, clock_.now(), {withdrawal.customer});
  const auto keys = batch.scopeOf(withdrawal);
  std::vector<ConsentOutcome> outcomes;
  for (const auto& [customer, channel, purpose] : keys) {
    ConsentFact fact;
    fact.customer = customer;
    fact.channel = channel;
    fact.purpose = purpose;
    fact.becomes = ConsentState::withdrawn;
    fact.proof = withdrawal.proof;
    fact.at = std::min(withdrawal.at, clock_.now());
    fact.actor = withdrawal.actor;
    outcomes.push_back(batch.record(std::move(fact), false));
  }
  batch.finish();
  for (const Consent& c : batch.current(withdrawal.customer))
    for (ConsentOutcome& o : outcomes)
      if (c.channel == o.now.channel && c.purpose == o.now.purpose) o.now = c;
  return outcomes;
}

std::vector<ConsentOutcome> ConsentService::recordImported(
    db::Transaction& tx, const std::vector<ConsentFact>& facts) const {
  std::vector<ConsentOutcome> outcomes;
  if (facts.empty()) return outcomes;
  std::set<CustomerId> customers;
  for (const ConsentFact& fact : facts) customers.insert(fact.customer);
  Batch batch(tx, chain_, clock_.now(), customers);
  for (const ConsentFact& fact : facts) outcomes.push_back(batch.record(fact, true));
  batch.finish();
  return outcomes;
}

}  // namespace clipcourier::customers
