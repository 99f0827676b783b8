#include "messages/resolution.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/job_queue.h"
#include "messages/queue.h"

namespace clipcourier::messages {
namespace {

constexpr auto kResolveJob = "messages.resolve";
constexpr int kAtOnce = 200;  // messages in one commit

namespace sql {
#define RESOLUTION                                                                                 \
  "SELECT id, action, campaign_id, sender_id, tried_before_ms, probably_never_sent, "              \
  "most_attempts, state, total, seen, resolved, created_by, created_at_ms, finished_at_ms, error " \
  "FROM resolutions "
constexpr auto add = R"sql(
  INSERT INTO resolutions (action, campaign_id, sender_id, tried_before_ms, probably_never_sent,
    most_attempts, state, total, created_by, created_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9) RETURNING id)sql";
constexpr auto find = RESOLUTION "WHERE id = $1";
constexpr auto list = RESOLUTION "WHERE id < $1 ORDER BY id DESC LIMIT $2";
constexpr auto openOfSystem = R"sql(
  SELECT id FROM resolutions WHERE created_by = 'system' AND state IN ('waiting', 'running') LIMIT 1)sql";
constexpr auto lastMessage = "SELECT last_message_id FROM resolutions WHERE id = $1";
constexpr auto progress = R"sql(
  UPDATE resolutions SET state = 'running', seen = seen + $1, resolved = resolved + $2,
    last_message_id = $3
  WHERE id = $4)sql";
constexpr auto end = R"sql(
  UPDATE resolutions SET state = $1, finished_at_ms = $2, error = $3
  WHERE id = $4 AND state IN ('waiting', 'running'))sql";
}  // namespace sql

template <class... Args>
std::vector<Resolution> select(db::Connection& db, const char* statement, const Args&... args) {
  using Text = std::string;
  std::vector<Resolution> found;
  for (auto& [id, action, campaign, sender, before, probably, most, state, total, seen, resolved,
              by, created, finished, error] :
       db.query<ResolutionId, Text, std::optional<CampaignId>, std::optional<SenderId>, TimePoint,
                int, int, Text, std::int64_t, std::int64_t, std::int64_t, Text, TimePoint,
                std::optional<TimePoint>, Text>(statement, args...))
    found.push_back({id,
                     action == "resend",
                     {campaign, sender, before, probably != 0, most},
                     state,
                     total,
                     seen,
                     resolved,
                     by,
                     created,
                     finished,
                     error});
  return found;
}

std::string nameOf(const Actor& actor) {
  return actor.id.empty() ? actor.kind : actor.kind + ":" + actor.id;
}

nlohmann::json detailsOf(const Resolution& resolution) {
  nlohmann::json details = {{"tried_before", toIso(resolution.filter.triedBefore)},
                            {"probably_never_sent", resolution.filter.probablyNeverSent},
                            {"total", resolution.total}};
  if (resolution.filter.campaign) details["campaign_id"] = resolution.filter.campaign->value;
  if (resolution.filter.sender) details["sender_id"] = resolution.filter.sender->value;
  return details;
}

}  // namespace

ResolutionService::ResolutionService(db::Database& database, const users::AuditLog& audit,
                                     const Clock& clock, jobs::Bell& bell, Millis patience,
                                     std::function<void()> wakeDispatcher)
    : database_(database),
      audit_(audit),
      clock_(clock),
      bell_(bell),
      patience_(patience),
      wakeDispatcher_(std::move(wakeDispatcher)) {}

Resolution ResolutionService::begin(bool resend, UnknownFilter filter, const Actor& actor,
                                    const Also& also) {
  const Resolution begun = database_.write([&](db::Transaction& tx) {
    const TimePoint now = clock_.now();
    filter.triedBefore = std::min(filter.triedBefore, now);
    const std::int64_t total = MessageRepository(tx).countUnknown(filter, now, patience_);
    const auto id = *tx.scalar<ResolutionId>(
        sql::add, resend ? "resend" : "give_up", filter.campaign, filter.sender, filter.triedBefore,
        filter.probablyNeverSent, filter.mostAttempts, total, nameOf(actor), now);
    jobs::NewJob job;
    job.kind = kResolveJob;
    job.subjectId = id.value;
    job.dedupeKey = std::to_string(id.value);
    job.dueAt = now;
    job.maxAttempts = 20;
    jobs::JobQueue(tx).add(job, now);
    Resolution added = select(tx, sql::find, id).at(0);
    audit_.record(tx, actor, resend ? "messages.resend" : "messages.give_up", "resolution",
                  id.value, detailsOf(added));
    if (also) also(tx, added);
    return added;
  });
  bell_.ring();
  return begun;
}

Resolution ResolutionService::get(ResolutionId id) const {
  auto found = database_.read([&](db::Connection& c) { return select(c, sql::find, id); });
  if (found.empty())
    throw Error(ErrorKind::notFound, "there is no such resolution",
                "List them with GET /api/v1/resolutions.", "resolution.not_found");
  return std::move(found.front());
}

std::vector<Resolution> ResolutionService::list(ResolutionId before, int limit) const {
  if (before.value == 0) before.value = INT64_MAX;
  return database_.read([&](db::Connection& c) { return select(c, sql::list, before, limit); });
}

void ResolutionService::apply(UnknownPolicy policy) {
  if (policy == UnknownPolicy::keep) return;
  UnknownFilter filter;
  filter.triedBefore = clock_.now();
  filter.probablyNeverSent = true;
  filter.mostAttempts = policy == UnknownPolicy::resend ? 1 : 0;
  const bool wanted = database_.read([&](db::Connection& c) {
    return !c.scalar<ResolutionId>(sql::openOfSystem) &&
           MessageRepository(c).countUnknown(filter, clock_.now(), patience_) > 0;
  });
  if (wanted) begin(policy == UnknownPolicy::resend, filter, Actor{});
}

jobs::Handler ResolutionService::handler() {
  jobs::Handler handler;
  handler.kind = kResolveJob;
  handler.run = [this](jobs::JobContext& context) { run(context); };
  handler.gaveUp = [this](db::Transaction& tx, const jobs::Lease& lease, const jobs::Failure& why) {
    tx.run(sql::end, "failed", clock_.now(), why.what, lease.subjectId);
  };
  return handler;
}

void ResolutionService::run(jobs::JobContext& context) {
  const ResolutionId id{context.lease().subjectId};
  for (bool more = true; more;) {
    if (context.cancelled())
      throw Error(ErrorKind::unavailable, "the service stops", "", "resolution.interrupted");
    context.commit([&](db::Transaction& tx) { more = chunk(tx, id); });
    wakeDispatcher_();
  }
  context.finish([&](db::Transaction& tx) { tx.run(sql::end, "done", clock_.now(), nullptr, id); });
}

// The next messages and how far we are, in one commit. False when there are no more.
bool ResolutionService::chunk(db::Transaction& tx, ResolutionId id) {
  const Resolution resolution = select(tx, sql::find, id).at(0);
  const auto last = *tx.scalar<MessageId>(sql::lastMessage, id);
  const TimePoint now = clock_.now();
  const auto attempts =
      MessageRepository(tx).unknownAttempts(resolution.filter, last, kAtOnce, now, patience_);
  if (attempts.empty()) return false;
  Queue queue(tx, now);
  const int resolved = resolution.resend ? queue.resend(attempts) : queue.giveUp(attempts);
  queue.finish();
  tx.run(sql::progress, static_cast<std::int64_t>(attempts.size()), resolved,
         attempts.back().message, id);
  return true;
}

}  // namespace clipcourier::messages
