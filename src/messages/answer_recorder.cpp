#include "messages/answer_recorder.h"

#include "customers/customer_repository.h"
#include "messages/holds.h"
#include "messages/media_failures.h"

namespace clipcourier::messages {
namespace {

using channels::Reaction;

// The scope that an error speaks of, beside the message itself.
struct Scope {
  std::string name, key;
};
std::optional<Scope> scopeOf(Reaction reaction, const Answer& answer) {
  switch (reaction) {
    case Reaction::templatePause: return Scope{"template", answer.templateKey};
    case Reaction::number:
    case Reaction::account:
    case Reaction::auth: return Scope{"sender", std::to_string(answer.sender.value)};
    default: return std::nullopt;
  }
}

struct Problem {
  Reaction reaction;
  int code;
  std::string text;  // the provider's
};
std::optional<Problem> problemOf(const channels::SendOutcome& outcome) {
  if (const auto* later = std::get_if<channels::TryLater>(&outcome))
    return Problem{later->reaction, later->code, later->reason};
  if (const auto* refused = std::get_if<channels::Refused>(&outcome))
    return Problem{refused->reaction, refused->code, refused->reason};
  return std::nullopt;
}

std::string codeText(int code, const char* without) {
  return code == 0 ? without : std::to_string(code);
}

}  // namespace

void AnswerRecorder::record(db::Transaction& tx, const std::vector<Answer>& answers,
                            TimePoint now) const {
  std::vector<AttemptResult> results;
  for (const Answer& answer : answers) {
    const auto problem = problemOf(answer.outcome);
    const bool waits =
        problem && answer.channel &&
        healMedia(tx, *answer.channel, answer.attempt, problem->code, problem->text, now);
    results.push_back(waits ? held(answer, problem->code, Millis(0), now) : resultOf(answer, now));
  }
  Queue queue(tx, now);
  queue.record(results);
  queue.finish();
  for (const Answer& answer : answers) {
    learnIdentity(tx, answer, now);
    react(tx, answer, now);
  }
}

// In some countries the provider's id of a person is not the number that was dialled. Whoever
// writes STOP comes with that id, so it must be known whose it is.
void AnswerRecorder::learnIdentity(db::Transaction& tx, const Answer& answer, TimePoint now) const {
  const auto* accepted = std::get_if<channels::Accepted>(&answer.outcome);
  if (!accepted) return;
  customers::CustomerRepository customers(tx);
  using customers::IdentityKind;
  if (!accepted->waId.empty() && answer.address != "+" + accepted->waId)
    customers.learn(answer.customer, {IdentityKind::whatsapp, accepted->waId}, now);
  if (!accepted->userId.empty() && answer.address != accepted->userId)
    customers.learn(answer.customer, {IdentityKind::bsuid, accepted->userId}, now);
}

AttemptResult AnswerRecorder::resultOf(const Answer& answer, TimePoint now) const {
  AttemptResult result;
  result.attempt = answer.attempt;
  if (const auto* accepted = std::get_if<channels::Accepted>(&answer.outcome)) {
    result.attemptBecomes = result.messageBecomes = MessageState::accepted;
    result.providerId = accepted->providerMessageId;
    return result;
  }
  if (std::holds_alternative<channels::Unknown>(answer.outcome)) {
    result.code = "reply_lost";
    return result;
  }
  const auto [reaction, code, text] = *problemOf(answer.outcome);
  const auto* later = std::get_if<channels::TryLater>(&answer.outcome);
  if (scopeOf(reaction, answer)) return held(answer, code, later ? later->after : Millis(0), now);
  if (later && answer.attempt.number < retry_.tries(later->maxTries))
    return held(answer, code, later->after, now);
  result.attemptBecomes = result.messageBecomes = MessageState::failed;
  result.code = codeText(code, "not_sendable");
  return result;
}

AttemptResult AnswerRecorder::held(const Answer& answer, int code, Millis after,
                                   TimePoint now) const {
  AttemptResult result;
  result.attempt = answer.attempt;
  result.attemptBecomes = MessageState::failed;
  result.messageBecomes = MessageState::held;
  result.code = codeText(code, "not_reached");
  result.dueAt = now + retry_.delay(answer.attempt, after);
  return result;
}

void AnswerRecorder::react(db::Transaction& tx, const Answer& answer, TimePoint now) const {
  const auto problem = problemOf(answer.outcome);
  if (!problem) return;
  if (const auto scope = scopeOf(problem->reaction, answer)) {
    const auto* later = std::get_if<channels::TryLater>(&answer.outcome);
    const Millis rest = later ? std::max(later->after, scopeHold_) : scopeHold_;
    HoldRepository(tx).hold(
        {scope->name, scope->key, codeText(problem->code, "refused"), "system", now, now + rest});
  }
  if (problem->reaction == Reaction::optOut)
    optOut_.apply(tx, answer.customer, std::string(answer.channel->name()),
                  {"provider_error", std::string(answer.channel->name()),
                   "error " + std::to_string(problem->code)},
                  now, now);
}

}  // namespace clipcourier::messages
