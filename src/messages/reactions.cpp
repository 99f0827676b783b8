#include "messages/reactions.h"

#include <algorithm>
#include <map>
#include <set>

#include "db/batch.h"
#include "messages/campaign_guard.h"
#include "messages/cool_off.h"
#include "messages/holds.h"
#include "messages/id_list.h"
#include "messages/pair_wait.h"
#include "messages/provider_errors.h"
#include "messages/sender_rate.h"
#include "messages/unreached.h"
#include "senders/sender_repository.h"

namespace clipcourier::messages {
namespace {

using channels::Reaction;

namespace sql {
// A message's content names its template and file; few messages fail, so this is asked for those.
constexpr auto subjects = R"sql(
  SELECT m.id, m.campaign_id, m.customer_id, m.sender_id, k.template_name, k.template_language,
    k.clip_sha256
  FROM messages m LEFT JOIN campaign_contents k
    ON k.campaign_id = m.campaign_id AND k.language = m.language
  WHERE m.id IN {ids $1})sql";
// Those that the same trouble stops: with the same token, or of the same business account.
constexpr auto sameToken = R"sql(
  SELECT o.id FROM senders s JOIN senders o
    ON o.channel = s.channel AND o.token_source = s.token_source AND o.base_url = s.base_url
  WHERE s.id = $1 ORDER BY o.id)sql";
constexpr auto sameAccount = R"sql(
  SELECT o.id FROM senders s JOIN senders o
    ON o.channel = s.channel AND o.account_id = s.account_id AND o.base_url = s.base_url
  WHERE s.id = $1 ORDER BY o.id)sql";
}  // namespace sql

constexpr Millis kForGood{86'400'000};  // a day: then one message shows whether it still holds

bool holdsScope(Reaction reaction) {
  return reaction == Reaction::templatePause || reaction == Reaction::number ||
         reaction == Reaction::account || reaction == Reaction::auth;
}

// The provider was not reached at all: neither the message nor its sender is to blame.
bool notReached(const Problem& problem) {
  return problem.temporary && problem.code == 0 && problem.maxTries == 0 &&
         problem.reaction == Reaction::retry;
}

// What the provider asks for itself stands above what the code says.
Millis coolOffFor(const Problem& problem) {
  return problem.asked > Millis(0) ? problem.asked : problem.after;
}

std::vector<SenderId> idsOf(db::Connection& db, const char* statement, SenderId sender) {
  std::vector<SenderId> ids;
  for (auto& [id] : db.query<SenderId>(statement, sender)) ids.push_back(id);
  return ids;
}

}  // namespace

struct Reactions::Subject {
  CampaignId campaign;
  CustomerId customer;
  SenderId sender;
  std::string templateName, templateLanguage, asset;
};

// How far the problems of one transaction reach; each scope once, in a fixed order.
struct Reactions::Extent {
  std::map<SenderId, Problem> numbers, accounts, tokens;  // held
  std::map<std::string, Problem> templates;               // held, by key
  std::map<SenderId, Problem> slowSenders, slowAccounts;
  std::map<std::pair<SenderId, CustomerId>, Problem> pairs;
  CampaignGuard::Refusals refusals;
  std::vector<MessageId> unreached;
  std::map<MessageId, Problem> spared;  // for a time, with whom they are for
  std::set<SenderId> outdated;          // whose list of templates is to be read again
  std::set<SenderId> silent;            // whose provider gives no answer that can be read
  ProviderErrors::Counts counts;
};

std::optional<Problem> problemOf(AttemptRef attempt, const channels::SendOutcome& outcome,
                                 const channels::Channel& channel) {
  Problem problem;
  problem.attempt = attempt;
  if (const auto* later = std::get_if<channels::TryLater>(&outcome)) {
    problem.code = later->code;
    problem.reaction = later->reaction;
    problem.temporary = true;
    problem.after = later->after;
    problem.asked = later->asked;
    problem.maxTries = later->maxTries;
  } else if (const auto* refused = std::get_if<channels::Refused>(&outcome)) {
    problem.code = refused->code;
    problem.reaction = refused->reaction;
  } else {
    return std::nullopt;
  }
  problem.listed = problem.code == 0 || channel.errorInfo(problem.code).code != 0;
  return problem;
}

Problem problemOf(AttemptRef attempt, const channels::ErrorInfo& error, int code) {
  return {attempt,
          code,
          error.reaction,
          error.temporary,
          code == 0 || error.code != 0,
          error.after,
          Millis(0),
          error.maxTries,
          true};
}

std::string codeText(const Problem& problem, const char* without) {
  return problem.code == 0 ? without : std::to_string(problem.code);
}

std::optional<Millis> Reactions::nextTry(const Problem& problem) const {
  const bool triedEnough = problem.attempt.number >= retry_.tries(problem.maxTries);
  // What the scope waits for is the hold's to say; the message is ready as soon as that ends.
  if (holdsScope(problem.reaction) && (problem.maxTries == 0 || !triedEnough))
    return retry_.delay(problem.attempt, Millis(0));
  if (notReached(problem)) return retry_.spread(problem.attempt, problem.after);
  if (!problem.temporary || triedEnough) return std::nullopt;
  if (problem.asked > Millis(0)) return retry_.spread(problem.attempt, problem.asked);
  if (problem.reaction == Reaction::pair) return retry_.pairDelay(problem.attempt);
  return retry_.delay(problem.attempt, problem.after);
}

Millis Reactions::holdFor(const Problem& problem) const {
  if (problem.asked > Millis(0)) return problem.asked;
  const bool forGood = !problem.temporary && problem.reaction == Reaction::templatePause;
  return std::max(forGood ? kForGood : problem.after, settings_.scopeHold);
}

void Reactions::collect(const Problem& problem, const Subject& subject, Extent& extent) const {
  const SenderId sender = subject.sender;
  const bool givenUp = !nextTry(problem);
  if (problem.code != 0) {
    auto& count = extent.counts[{sender, codeText(problem, "")}];
    count.listed = problem.listed;
    ++count.refusals;
    if (givenUp) ++count.givenUp;
  }
  switch (problem.reaction) {
    case Reaction::templatePause:
      extent.templates.emplace(templateKey(sender, subject.templateName, subject.templateLanguage),
                               problem);
      extent.outdated.insert(sender);
      if (givenUp)
        extent.refusals.add(subject.campaign, codeText(problem, ""), subject.asset,
                            problem.byReceipt);
      break;
    case Reaction::number: extent.numbers.emplace(sender, problem); break;
    case Reaction::account: extent.accounts.emplace(sender, problem); break;
    case Reaction::auth: extent.tokens.emplace(sender, problem); break;
    case Reaction::throughput: extent.slowSenders.emplace(sender, problem); break;
    case Reaction::accountThroughput: extent.slowAccounts.emplace(sender, problem); break;
    case Reaction::pair: extent.pairs.emplace(std::pair(sender, subject.customer), problem); break;
    case Reaction::fix:
      if (problem.code != 0)
        extent.refusals.add(subject.campaign, codeText(problem, ""), subject.asset,
                            problem.byReceipt);
      break;
    case Reaction::unreachable: extent.unreached.push_back(problem.attempt.message); break;
    case Reaction::retry:
      if (problem.code == 0) extent.silent.insert(sender);
      break;
    case Reaction::recipient:
      if (problem.temporary) extent.spared.emplace(problem.attempt.message, problem);
      break;
    case Reaction::optOut: break;
  }
}

void Reactions::apply(db::Transaction& tx, const std::vector<Problem>& problems,
                      TimePoint now) const {
  if (problems.empty()) return;
  std::vector<MessageId> ids;
  for (const Problem& problem : problems) ids.push_back(problem.attempt.message);
  std::map<MessageId, Subject> subjects;
  for (auto& [id, campaign, customer, sender, name, language, asset] :
       tx.query<MessageId, CampaignId, CustomerId, SenderId, std::string, std::string, std::string>(
           db::forBatch(sql::subjects, tx.engine()), idList(ids)))
    subjects[id] = {campaign, customer, sender, name, language, asset};
  Extent extent;
  for (const Problem& problem : problems)
    if (const auto at = subjects.find(problem.attempt.message); at != subjects.end())
      collect(problem, at->second, extent);

  std::map<SenderId, Problem> held = extent.numbers;
  const auto spread = [&](const std::map<SenderId, Problem>& from, const char* to, auto&& into) {
    for (const auto& [sender, problem] : from)
      for (const SenderId other : idsOf(tx, to, sender)) into.emplace(other, problem);
  };
  spread(extent.accounts, sql::sameAccount, held);
  spread(extent.tokens, sql::sameToken, held);
  std::map<SenderId, Problem> slow = extent.slowSenders;
  spread(extent.slowAccounts, sql::sameAccount, slow);

  HoldRepository holds(tx);
  SenderRates rates(tx);
  for (const auto& [sender, problem] : slow) {
    rates.slowDown(sender, codeText(problem, ""), now);
    if (problem.asked > Millis(0)) held.emplace(sender, problem);
  }
  for (const auto& [sender, problem] : held) {
    const TimePoint until = now + holdFor(problem);
    Hold hold{"sender", std::to_string(sender.value), codeText(problem, "refused"), "system", now,
              until};
    holds.hold(hold);
    if (problem.reaction == Reaction::auth) holds.probeLater(hold, now);
    if (!slow.contains(sender)) rates.startAgain(sender, hold.reason, now, until);
  }
  for (const SenderId sender : extent.silent)
    holds.rest({"sender", std::to_string(sender.value), "not_reached", "system", now, {}});
  for (const auto& [key, problem] : extent.templates)
    holds.hold(
        {"template", key, codeText(problem, "refused"), "system", now, now + holdFor(problem)});
  for (const auto& [pair, problem] : extent.pairs)
    if (const auto wait = nextTry(problem))
      putOffPair(tx, pair.first, pair.second, codeText(problem, ""), now, now + *wait);
  senders::SenderRepository repository(tx);
  for (const SenderId id : extent.outdated)
    if (const auto sender = repository.find(id))
      repository.wantTemplates(sender->channel, sender->accountId);
  CoolOffRepository coolOffs(tx);
  for (const auto& [message, problem] : extent.spared)
    coolOffs.note(message, {codeText(problem, ""), now + coolOffFor(problem)});
  UnreachedRepository(tx).note(extent.unreached, now);
  ProviderErrors(tx).add(extent.counts, now);
  CampaignGuard(tx, settings_.guardFailures, settings_.guardWindow).note(extent.refusals, now);
}

}  // namespace clipcourier::messages
