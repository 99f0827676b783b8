#include "campaigns/launch_job.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "campaigns/campaign_repository.h"
#include "campaigns/campaign_service.h"
#include "campaigns/launch_check.h"
#include "db/batch.h"
#include "db/statistics.h"
#include "messages/counters.h"
#include "messages/queue.h"

namespace clipcourier::campaigns {
namespace {

namespace sql {
constexpr auto insert = R"sql(
  INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, due_at_ms,
    state_at_ms, created_at_ms)
  SELECT $1, x.c, $2, x.a, x.l, 'queued', $3, $3, $3 FROM {rows $4 c bigint, a text, l text}
  WHERE true ON CONFLICT DO NOTHING)sql";
// Released by releaseLanguages().
constexpr auto insertWaiting = R"sql(
  INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, reason, due_at_ms,
    state_at_ms, created_at_ms)
  SELECT $1, x.c, $2, x.a, x.l, 'held', $3, $4, $5, $5 FROM {rows $6 c bigint, a text, l text}
  WHERE true ON CONFLICT DO NOTHING)sql";
constexpr auto release = R"sql(
  UPDATE messages SET state = 'queued', reason = NULL, due_at_ms = $1, state_at_ms = $1
  WHERE id IN (SELECT id FROM messages WHERE campaign_id = $2 AND language = $3 AND state = 'held'
                 AND reason = 'template.missing_language' LIMIT $4)
    AND state = 'held')sql";
constexpr auto withWaiting = R"sql(
  SELECT id FROM campaigns c WHERE c.state IN ('running', 'paused') AND EXISTS (
    SELECT 1 FROM messages m WHERE m.campaign_id = c.id AND m.state = 'held'
      AND m.reason = 'template.missing_language'))sql";
constexpr auto state = "SELECT state FROM campaigns WHERE id = $1";
constexpr auto lockedState = "SELECT state FROM campaigns WHERE id = $1 FOR SHARE";
constexpr auto someOf = "SELECT id FROM messages WHERE campaign_id = $1 LIMIT $2";
constexpr auto removeEvents = "DELETE FROM message_events WHERE message_id IN {ids $1}";
constexpr auto remove = "DELETE FROM messages WHERE id IN {ids $1}";
constexpr auto removeCounters = "DELETE FROM campaign_counters WHERE campaign_id = $1";
constexpr auto someWaiting = R"sql(
  SELECT id, state FROM messages
  WHERE campaign_id = $1 AND state IN ('queued', 'held') LIMIT $2)sql";
}  // namespace sql

constexpr int kPage = 10'000;  // members read at once
constexpr int kRemovedAtOnce = 1'000;
constexpr TimePoint kNever = fromMs(253'402'300'799'000);  // of what is released by an event
// In one commit. On SQLite every writer waits meanwhile, and may find the next one before them too;
// on PostgreSQL only who pauses or cancels this campaign, erases one of these customers, or gives
// its sender another number.
constexpr Millis kLongestWrite{8}, kLongestWritePostgres{200};
constexpr std::size_t kLeast = 100, kMost = 5'000;  // messages in one commit

Error noLongerLaunching() {
  return Error(ErrorKind::refused, "the campaign is not launching any more", "",
               "campaign.cancelled");
}

// Keeps it from being cancelled until the transaction ends, so that what is written here is there
// for the cancel job to find.
void requireLaunching(db::Transaction& tx, CampaignId id) {
  const auto state = tx.scalar<std::string>(tx.pick(sql::state, sql::lockedState), id);
  if (state != name(CampaignState::launching)) throw noLongerLaunching();
}

Words wordsFor(std::size_t done, std::size_t all) {
  const std::string numbers = std::to_string(done) + " / " + std::to_string(all);
  return {numbers + " Nachrichten vorbereitet", numbers + " messages prepared"};
}

std::string idArray(const std::vector<std::tuple<MessageId>>& rows) {
  nlohmann::json ids = nlohmann::json::array();
  for (const auto& [id] : rows) ids.push_back(id.value);
  return ids.dump();
}

}  // namespace

LaunchJob::LaunchJob(db::Database& database, senders::SenderDirectory& senders,
                     EnsureMedia ensureMedia, const Clock& clock,
                     std::function<void()> wakeDispatcher)
    : db_(database),
      senders_(senders),
      ensureMedia_(std::move(ensureMedia)),
      clock_(clock),
      wakeDispatcher_(std::move(wakeDispatcher)) {}

jobs::Handler LaunchJob::handler() {
  jobs::Handler handler;
  handler.kind = kLaunchJob;
  handler.run = [this](jobs::JobContext& context) { run(context); };
  // A draft again, with the reason where people look for it. The rows that were written are not
  // sendable, and the next launch begins by removing them.
  handler.gaveUp = [this](db::Transaction& tx, const jobs::Lease& lease, const jobs::Failure& why) {
    const CampaignId id{lease.subjectId};
    CampaignRepository repository(tx);
    if (repository.move(id, {CampaignState::launching}, CampaignState::draft, clock_.now()))
      repository.setPause(id, "launch failed: " + why.what, "system");
  };
  return handler;
}

void LaunchJob::run(jobs::JobContext& context) {
  const CampaignId id{context.lease().subjectId};
  const auto campaign = db_.read([&](db::Connection& c) { return CampaignRepository(c).find(id); });
  if (!campaign || campaign->state != CampaignState::launching) return;
  clearMessages(context, id);
  context.progress(1, {"Clip wird zum Anbieter hochgeladen", "uploading the clip to the provider"});
  for (const messages::Content& content : campaign->contents)
    ensureMedia_(campaign->sender, content.clipSha256);
  const std::string channel = senders_.get(campaign->sender)->sender.channel;
  const std::vector<Member> members = freezeAudience(*campaign, channel);
  insertAll(context, *campaign, members);
  if (std::ssize(members) >= db::kManyRows) db::refreshStatistics(db_, "messages");
  context.finish([&](db::Transaction& tx) {
    if (!CampaignRepository(tx).move(id, {CampaignState::launching}, CampaignState::running,
                                     clock_.now()))
      throw noLongerLaunching();
  });
  wakeDispatcher_();
}

std::vector<Member> LaunchJob::freezeAudience(const Campaign& campaign,
                                              const std::string& channel) const {
  return db_.snapshot([&](db::Connection& connection) {
    AudienceReader reader(connection, campaign.audience, channel, campaign.purpose);
    std::vector<Member> members;
    for (;;) {
      auto page = reader.page(members.empty() ? CustomerId{} : members.back().customer, kPage);
      if (page.empty()) return members;
      members.insert(members.end(), std::make_move_iterator(page.begin()),
                     std::make_move_iterator(page.end()));
    }
  });
}

// Never of a campaign that another worker has brought to run meanwhile.
void LaunchJob::clearMessages(jobs::JobContext& context, CampaignId id) const {
  for (bool more = true; more;)
    context.commit([&](db::Transaction& tx) {
      requireLaunching(tx, id);
      const auto rows = tx.query<MessageId>(sql::someOf, id, kRemovedAtOnce);
      more = !rows.empty();
      if (!more) {
        tx.run(sql::removeCounters, id);
        return;
      }
      const std::string ids = idArray(rows);
      tx.run(db::forBatch(sql::removeEvents, tx.engine()), ids);
      tx.run(db::forBatch(sql::remove, tx.engine()), ids);
    });
}

// The chunks grow and shrink with the time they take, so that one size fits every disk.
void LaunchJob::insertAll(jobs::JobContext& context, const Campaign& campaign,
                          const std::vector<Member>& members) const {
  const auto sendable =
      db_.read([&](db::Connection& connection) { return sendableLanguages(connection, campaign); });
  const Millis longest = db_.engine() == db::Engine::sqlite ? kLongestWrite : kLongestWritePostgres;
  std::size_t size = kLeast;
  for (std::size_t done = 0; done < members.size();) {
    if (context.cancelled()) throw noLongerLaunching();
    const std::size_t count = std::min(size, members.size() - done);
    const Rows rows = rowsOf(campaign, sendable, std::span(members).subspan(done, count));
    std::chrono::steady_clock::duration took{};
    context.commit([&](db::Transaction& tx) {
      requireLaunching(tx, campaign.id);
      const auto start = std::chrono::steady_clock::now();
      insert(tx, campaign, rows);
      took = std::chrono::steady_clock::now() - start;
    });
    size = took < longest / 2 ? std::min(size * 2, kMost)
           : took > longest   ? std::max(size / 2, kLeast)
                              : size;
    done += count;
    context.progress(static_cast<int>(1 + 98 * done / members.size()),
                     wordsFor(done, members.size()));
  }
}

// Whose language has no template that can be sent is written down as well, and waits for one.
LaunchJob::Rows LaunchJob::rowsOf(const Campaign& campaign, const std::set<std::string>& sendable,
                                  std::span<const Member> members) {
  nlohmann::json ready = nlohmann::json::array(), waiting = nlohmann::json::array();
  for (const Member& member : members) {
    const messages::Content* content =
        messages::choose(campaign.contents, member.locale, campaign.fallbackLanguage);
    const std::string language =
        content ? content->language : text::language(member.locale).value_or("");
    const bool canBeSent = content && sendable.contains(language);
    (canBeSent ? ready : waiting)
        .push_back({{"c", member.customer.value}, {"a", member.address}, {"l", language}});
  }
  return {ready.empty() ? "" : ready.dump(), waiting.empty() ? "" : waiting.dump()};
}

void LaunchJob::insert(db::Transaction& tx, const Campaign& campaign, const Rows& rows) const {
  const TimePoint now = clock_.now();
  messages::CounterChanges counters;
  if (!rows.ready.empty())
    counters.add(campaign.id, messages::MessageState::queued,
                 tx.run(db::forBatch(sql::insert, tx.engine()), campaign.id, campaign.sender, now,
                        rows.ready));
  if (!rows.waiting.empty())
    counters.add(campaign.id,
                 messages::CountedState(messages::MessageState::held, kMissingLanguage),
                 tx.run(db::forBatch(sql::insertWaiting, tx.engine()), campaign.id, campaign.sender,
                        kMissingLanguage, kNever, now, rows.waiting));
  counters.write(tx);
}

int releaseLanguages(db::Database& database, const Clock& clock) {
  const auto campaigns = database.read([](db::Connection& connection) {
    std::vector<Campaign> found;
    for (auto& [id] : connection.query<CampaignId>(sql::withWaiting))
      if (auto campaign = CampaignRepository(connection).find(id))
        found.push_back(std::move(*campaign));
    return found;
  });
  std::int64_t released = 0;
  for (const Campaign& campaign : campaigns) {
    const auto languages = database.read(
        [&](db::Connection& connection) { return sendableLanguages(connection, campaign); });
    for (const std::string& language : languages)
      for (std::int64_t some = kRemovedAtOnce; some == kRemovedAtOnce; released += some)
        some = database.write([&](db::Transaction& tx) {
          const auto count =
              tx.run(sql::release, clock.now(), campaign.id, language, kRemovedAtOnce);
          messages::CounterChanges counters;
          counters.moved(campaign.id, {messages::MessageState::held, kMissingLanguage},
                         messages::MessageState::queued, count);
          counters.write(tx);
          return count;
        });
  }
  return static_cast<int>(released);
}

jobs::Handler cancelHandler(const Clock& clock) {
  jobs::Handler handler;
  handler.kind = kCancelJob;
  handler.run = [&clock](jobs::JobContext& context) {
    const CampaignId id{context.lease().subjectId};
    for (bool more = true; more;)
      context.commit([&](db::Transaction& tx) {
        std::map<messages::MessageState, std::vector<MessageId>> waiting;
        for (auto& [message, state] :
             tx.query<MessageId, std::string>(sql::someWaiting, id, kRemovedAtOnce))
          waiting[*messages::messageState(state)].push_back(message);
        messages::Queue queue(tx, clock.now());
        for (const auto& [state, ids] : waiting) queue.skip(ids, state, "cancelled");
        queue.finish();
        more = !waiting.empty();
      });
  };
  return handler;
}

}  // namespace clipcourier::campaigns
