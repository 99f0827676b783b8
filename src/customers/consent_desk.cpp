#include "customers/consent_desk.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "customers/customer_input.h"
#include "customers/import_line.h"
#include "customers/problem.h"

namespace clipcourier::customers {
namespace {

constexpr std::size_t kMaxWordingBytes = 20'000;

void requireCustomer(db::Connection& connection, CustomerId id) {
  if (!connection.scalar<CustomerId>("SELECT id FROM customers WHERE id = $1", id))
    throw Error(ErrorKind::notFound, "there is no such customer", "look the id up in the list",
                "customer.unknown");
}

void requireScope(const ConsentAct& act, bool everyAllowed) {
  std::vector<ErrorDetail> details;
  if (!isChannel(act.channel) && !(everyAllowed && act.channel == kEvery))
    details.push_back(
        {"consent.channel_unknown", "channel", problemText("consent.channel_unknown").en});
  if (!isPurpose(act.purpose) && !(everyAllowed && act.purpose == kEvery))
    details.push_back(
        {"consent.purpose_invalid", "purpose", problemText("consent.purpose_invalid").en});
  if (!details.empty())
    throw Error(ErrorKind::invalidInput, "channel or purpose is not known",
                "correct the fields named in errors", "consent.scope")
        .with(std::move(details));
}

std::vector<ErrorDetail> mistakesIn(const Wording& w) {
  std::vector<ErrorDetail> details;
  const auto require = [&](bool good, const char* where, const char* what) {
    if (!good) details.push_back({"wording.invalid", where, what});
  };
  require(isPurpose(w.name), "name", "a short word of a-z, digits, _ and -");
  require(isPurpose(w.purpose), "purpose", "a short word of a-z, digits, _ and -");
  require(text::language(w.language) == w.language, "language", "a language code such as de or en");
  require(!w.channels.empty() && std::ranges::all_of(w.channels, isChannel), "channels",
          "at least one of whatsapp, email, sms, rcs, telegram");
  require(!text::trim(w.text).empty() && w.text.size() <= kMaxWordingBytes && text::isUtf8(w.text),
          "text", "the exact words, at most 20,000 bytes");
  return details;
}

}  // namespace

ConsentFact ConsentDesk::factOf(db::Transaction& tx, CustomerId customer, const ConsentAct& act,
                                const Actor& actor) const {
  requireCustomer(tx, customer);
  ConsentFact fact;
  fact.customer = customer;
  fact.channel = act.channel;
  fact.purpose = act.purpose;
  fact.proof = act.proof;
  fact.at = act.at.value_or(clock_.now());
  fact.actor = actor;
  if (act.wording.empty()) return fact;
  auto named = WordingRepository(tx).named(act.wording);
  if (named.size() != 1)
    throw Error(ErrorKind::invalidInput,
                named.empty() ? "there is no such wording" : "the wording has several languages",
                "name it as name@version/language", "consent.wording_unknown");
  fact.wording = std::move(named.front());
  return fact;
}

void ConsentDesk::record(db::Transaction& tx, const Actor& actor, const char* action,
                         const ConsentFact& fact) const {
  audit_.record(tx, actor, action, "customer", fact.customer.value,
                {{"channel", fact.channel}, {"purpose", fact.purpose}});
}

Consent ConsentDesk::request(CustomerId customer, const ConsentAct& act, const Actor& actor) {
  requireScope(act, false);
  return database_.write([&](db::Transaction& tx) {
    const ConsentFact fact = factOf(tx, customer, act, actor);
    const ConsentOutcome outcome = consents_.request(tx, fact);
    if (outcome.verdict == Verdict::record) record(tx, actor, "consent.requested", fact);
    return outcome.now;
  });
}

Consent ConsentDesk::give(CustomerId customer, const ConsentAct& act, const Actor& actor) {
  requireScope(act, false);
  if (act.proof.method == "import")
    throw Error(ErrorKind::invalidInput, "an import is no act of the customer",
                "say how the customer agreed: web_form, inbound_message, paper, ...",
                "consent.method");
  return database_.write([&](db::Transaction& tx) {
    const ConsentFact fact = factOf(tx, customer, act, actor);
    const ConsentOutcome outcome = consents_.give(tx, fact);
    if (outcome.verdict == Verdict::record) record(tx, actor, "consent.given", fact);
    return outcome.now;
  });
}

std::vector<Consent> ConsentDesk::withdraw(CustomerId customer, const ConsentAct& act,
                                           const Actor& actor) {
  requireScope(act, true);
  return database_.write([&](db::Transaction& tx) {
    const ConsentFact fact = factOf(tx, customer, act, actor);
    const auto outcomes =
        consents_.withdraw(tx, {customer, act.channel, act.purpose, act.proof, fact.at, actor});
    std::vector<Consent> now;
    for (const ConsentOutcome& o : outcomes) now.push_back(o.now);
    record(tx, actor, "consent.withdrawn", fact);
    return now;
  });
}

ConsentHistory ConsentDesk::history(CustomerId customer, std::int64_t after, int limit) const {
  return database_.snapshot([&](db::Connection& c) {
    requireCustomer(c, customer);
    ConsentRepository repository(c);
    return ConsentHistory{repository.of({customer}), repository.entriesOf(customer, after, limit)};
  });
}

Wording ConsentDesk::addWording(const Wording& wording, const Actor& actor) {
  auto mistakes = mistakesIn(wording);
  if (!mistakes.empty())
    throw Error(ErrorKind::invalidInput, "the wording has mistakes",
                "correct the fields named in errors", "wording.invalid")
        .with(std::move(mistakes));
  return database_.write([&](db::Transaction& tx) {
    Wording added = WordingRepository(tx).add(wording, clock_.now());
    audit_.record(tx, actor, "consent_wording.created", "consent_wording", added.id.value,
                  {{"name", added.name}, {"version", added.version}});
    return added;
  });
}

std::vector<Wording> ConsentDesk::wordings(WordingId after, int limit) const {
  return database_.read([&](db::Connection& c) { return WordingRepository(c).list(after, limit); });
}

}  // namespace clipcourier::customers
