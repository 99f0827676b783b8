#include "messages/answer_recorder.h"

#include "customers/customer_repository.h"
#include "messages/media_failures.h"

namespace clipcourier::messages {
namespace {

// The provider's words of a refusal.
std::string textOf(const channels::SendOutcome& outcome) {
  if (const auto* later = std::get_if<channels::TryLater>(&outcome)) return later->reason;
  if (const auto* refused = std::get_if<channels::Refused>(&outcome)) return refused->reason;
  return {};
}

// Refused, and ready for another try once what it needs is there.
AttemptResult waiting(AttemptRef attempt, const std::string& code, TimePoint now) {
  return {attempt, MessageState::failed, MessageState::held, "", code, now};
}

}  // namespace

void AnswerRecorder::record(db::Transaction& tx, const std::vector<Answer>& answers,
                            TimePoint now) const {
  std::vector<AttemptResult> results;
  std::vector<Problem> problems;
  for (const Answer& answer : answers) {
    auto problem = problemOf(answer.attempt, answer.outcome, *answer.channel);
    if (problem && healMedia(tx, *answer.channel, answer.attempt, problem->code,
                             textOf(answer.outcome), now)) {
      results.push_back(waiting(answer.attempt, codeText(*problem, "not_reached"), now));
      continue;  // mended: nothing else is wrong
    }
    results.push_back(resultOf(answer, now));
    if (problem) problems.push_back(*std::move(problem));
  }
  Queue queue(tx, now);
  queue.record(results);
  queue.finish();
  learnIdentities(tx, answers, now);
  reactions_.apply(tx, problems, now);
  for (const Answer& answer : answers)
    if (const auto problem = problemOf(answer.attempt, answer.outcome, *answer.channel);
        problem && problem->reaction == channels::Reaction::optOut)
      obeyOptOut(tx, answer, problem->code, now);
}

// In some countries the provider's id of a person is not the number that was dialled. Whoever
// writes STOP comes with that id, so it must be known whose it is.
void AnswerRecorder::learnIdentities(db::Transaction& tx, const std::vector<Answer>& answers,
                                     TimePoint now) const {
  using customers::IdentityKind;
  std::vector<customers::CustomerRepository::IdentityOwner> told;
  for (const Answer& answer : answers) {
    const auto* accepted = std::get_if<channels::Accepted>(&answer.outcome);
    if (!accepted) continue;
    if (!accepted->waId.empty() && answer.address != "+" + accepted->waId)
      told.push_back({{IdentityKind::whatsapp, accepted->waId}, answer.customer});
    if (!accepted->userId.empty() && answer.address != accepted->userId)
      told.push_back({{IdentityKind::bsuid, accepted->userId}, answer.customer});
  }
  customers::CustomerRepository(tx).learn(told, now);
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
  const Problem problem = *problemOf(answer.attempt, answer.outcome, *answer.channel);
  result.attemptBecomes = MessageState::failed;
  if (const auto wait = reactions_.nextTry(problem)) {
    result.messageBecomes = MessageState::held;
    result.code = codeText(problem, "not_reached");
    result.dueAt = now + *wait;
  } else {
    result.messageBecomes = MessageState::failed;
    result.code = codeText(problem, "not_sendable");
  }
  return result;
}

void AnswerRecorder::obeyOptOut(db::Transaction& tx, const Answer& answer, int code,
                                TimePoint now) const {
  const std::string channel(answer.channel->name());
  optOut_.apply(tx, answer.customer, channel,
                {"provider_error", channel, "error " + std::to_string(code)}, now, now);
}

}  // namespace clipcourier::messages
