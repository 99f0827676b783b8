#include "tracking/campaign_watch_pages.h"

#include "messages/counters.h"

namespace clipcourier::tracking {
namespace {

namespace sql {
// The clip that was pinned, also when a newer one has replaced it.
constexpr auto page = R"sql(
  SELECT v.title, s.name, cl.width, cl.height, cl.duration_ms, cl.sha256, cl.bytes,
         cl.poster_sha256, cl.poster_bytes
  FROM messages m
  JOIN senders s ON s.id = m.sender_id
  JOIN campaign_contents c ON c.campaign_id = m.campaign_id AND c.language = m.language
  JOIN clips cl ON cl.id = c.clip_id AND cl.sha256 = c.clip_sha256
  JOIN videos v ON v.id = cl.video_id
  WHERE m.id = $1)sql";

constexpr auto message = "SELECT language, created_at_ms FROM messages WHERE id = $1";

constexpr auto seen = R"sql(
  SELECT m.campaign_id, m.created_at_ms, CASE WHEN c.id IS NULL THEN 0 ELSE 1 END,
         (SELECT count(*) FROM message_events e
          WHERE e.message_id = m.id AND e.attempt = 0 AND e.kind = $1)
  FROM messages m
  LEFT JOIN consents c ON c.id = m.consent_id AND c.state = 'given' AND c.tracking = 1
  WHERE m.id = $2)sql";

// On PostgreSQL two phones of one person must not both be the first.
constexpr auto lock = "SELECT id FROM messages WHERE id = $1 FOR UPDATE";

constexpr auto addEvent = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, at_ms) VALUES ($1, 0, $2, $3))sql";
constexpr auto markOpened = R"sql(
  UPDATE messages SET opened_at_ms = $1 WHERE id = $2 AND opened_at_ms IS NULL)sql";
}  // namespace sql

std::string nameOf(WatchEvent event) {
  switch (event) {
    case WatchEvent::opened: return "opened";
    case WatchEvent::played: return "played";
    case WatchEvent::completed: return "completed";
  }
  return "opened";
}

// What is known about one kind of event of one message.
struct Seen {
  CampaignId campaign;
  TimePoint madeAt;
  bool mayTrack = false, before = false;
};

std::optional<Seen> seen(db::Connection& connection, MessageId id, const std::string& kind) {
  const auto row =
      connection.queryOne<CampaignId, TimePoint, int, std::int64_t>(sql::seen, kind, id);
  if (!row) return std::nullopt;
  const auto& [campaign, madeAt, mayTrack, count] = *row;
  return Seen{campaign, madeAt, mayTrack != 0, count > 0};
}

void write(db::Transaction& tx, MessageId id, WatchEvent event, TimePoint now) {
  if (tx.engine() == db::Engine::postgresql) tx.query<MessageId>(sql::lock, id);
  const std::string kind = nameOf(event);
  const auto found = seen(tx, id, kind);
  if (!found || (found->mayTrack && found->before)) return;
  messages::CounterChanges counters;
  counters.add(found->campaign, found->mayTrack ? kind : kind + "_anonymous");
  counters.write(tx);
  if (!found->mayTrack) return;
  tx.run(sql::addEvent, id, kind, now);
  if (event == WatchEvent::opened) tx.run(sql::markOpened, now, id);
}

std::optional<WatchPage> page(db::Connection& connection, MessageId id) {
  const auto row =
      connection.queryOne<std::string, std::string, int, int, std::int64_t, std::string,
                          std::uint64_t, std::string, std::uint64_t>(sql::page, id);
  if (!row) return std::nullopt;
  const auto& [title, sender, width, height, duration, clip, clipBytes, poster, posterBytes] = *row;
  WatchPage page;
  page.title = title;
  page.senderName = sender;
  page.width = width;
  page.height = height;
  page.duration = Millis(duration);
  page.clip = {clip, {clipBytes}, "video/mp4"};
  page.poster = {poster, {posterBytes}, "image/jpeg"};
  return page;
}

}  // namespace

WatchLookup CampaignWatchPages::find(const std::string& token) const {
  const auto id = tokens_.open(token);
  if (!id) return NoSuchPage{};
  return database_.read([&](db::Connection& connection) -> WatchLookup {
    const auto message = connection.queryOne<std::string, TimePoint>(sql::message, *id);
    if (!message) return NoSuchPage{};
    const auto& [language, madeAt] = *message;
    if (isOver(madeAt)) return PageIsOver{language};
    auto found = page(connection, *id);
    if (!found) return PageIsOver{language};
    found->language = language;
    return *std::move(found);
  });
}

bool CampaignWatchPages::record(const std::string& token, WatchEvent event) {
  const auto id = tokens_.open(token);
  if (!id) return false;
  const auto found = database_.read([&](db::Connection& c) { return seen(c, *id, nameOf(event)); });
  if (!found || isOver(found->madeAt)) return false;
  if (found->mayTrack && found->before) return true;  // a page comes back often: no write for that
  database_.write([&](db::Transaction& tx) { write(tx, *id, event, clock_.now()); });
  return true;
}

}  // namespace clipcourier::tracking
