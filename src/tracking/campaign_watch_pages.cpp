#include "tracking/campaign_watch_pages.h"

#include "messages/counters.h"
#include "tracking/link_repository.h"

namespace clipcourier::tracking {
namespace {

namespace sql {
// The clip that was pinned, also when a newer one has replaced it, or what was chosen instead.
constexpr auto page = R"sql(
  SELECT v.title, s.name, cl.width, cl.height, cl.duration_ms, cl.sha256, cl.bytes,
         coalesce(cl.poster_sha256, ''), coalesce(cl.poster_bytes, 0), cl.video_id,
         cl.edit_version, CASE WHEN p.shows = 'clip' THEN p.picture_revision ELSE c.picture_revision END
  FROM messages m
  JOIN senders s ON s.id = m.sender_id
  JOIN campaign_contents c ON c.campaign_id = m.campaign_id AND c.language = m.language
  LEFT JOIN page_choices p ON p.campaign_id = m.campaign_id AND p.language = m.language
  JOIN clips cl ON cl.id = coalesce(p.clip_id, c.clip_id)
    AND cl.sha256 = coalesce(p.clip_sha256, c.clip_sha256)
  JOIN videos v ON v.id = cl.video_id
  WHERE m.id = $1)sql";

// Clips for the watch page of the same edits, also those that newer edits have replaced. Those of
// other edits are other films; one that was revoked is shown nowhere.
constexpr auto streams = R"sql(
  SELECT sha256, bytes, width, height FROM clips c
  WHERE video_id = $1 AND edit_version = $2 AND profile LIKE 'web-%'
    AND NOT EXISTS (SELECT 1 FROM link_revocations r
                    WHERE r.scope = 'clip' AND r.subject = c.sha256 AND r.from_ms <= $3)
    AND state IN ('ready', 'superseded') AND format = 'mp4' AND report_mac IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM clips n
                    WHERE n.video_id = c.video_id AND n.edit_version = c.edit_version
                      AND n.profile = c.profile AND n.id > c.id
                      AND n.state IN ('ready', 'superseded'))
  ORDER BY width * height DESC, id)sql";

// Of each kind the newest that was there when the campaign was made, else the newest of all.
constexpr auto pictures = R"sql(
  SELECT kind, sha256, bytes, width, height FROM video_pictures p
  WHERE video_id = $1 AND edit_version = $2 AND kind IN ('poster', 'poster_webp', 'badge')
  ORDER BY CASE WHEN revision <= $3 THEN 1 ELSE 0 END, revision)sql";

constexpr auto seen = R"sql(
  SELECT m.campaign_id, m.watch_rank, CASE WHEN c.id IS NULL THEN 0 ELSE 1 END
  FROM messages m
  LEFT JOIN consents c ON c.id = m.consent_id AND c.state = 'given' AND c.tracking = 1
  WHERE m.id = $1)sql";

// On PostgreSQL two phones of one person must not both be the first.
constexpr auto lock = "SELECT id FROM messages WHERE id = $1 FOR UPDATE";

constexpr auto addEvent = R"sql(
  INSERT INTO message_events (message_id, attempt, kind, at_ms) VALUES ($1, 0, $2, $3)
  ON CONFLICT (message_id, attempt, kind, at_ms) DO NOTHING)sql";
constexpr auto mark = R"sql(
  UPDATE messages SET watch_rank = $1, opened_at_ms = coalesce(opened_at_ms, $2) WHERE id = $3)sql";
}  // namespace sql

int rankOf(WatchEvent event) { return static_cast<int>(event) + 1; }

// What is known about one message.
struct Seen {
  CampaignId campaign;
  int rank = 0;  // of the furthest event of its person
  bool mayTrack = false;
};

std::optional<Seen> seen(db::Connection& connection, MessageId id) {
  const auto row = connection.queryOne<CampaignId, int, int>(sql::seen, id);
  if (!row) return std::nullopt;
  const auto& [campaign, rank, mayTrack] = *row;
  return Seen{campaign, rank, mayTrack != 0};
}

void write(db::Transaction& tx, MessageId id, WatchEvent event, TimePoint now) {
  if (tx.engine() == db::Engine::postgresql) tx.query<MessageId>(sql::lock, id);
  const auto found = seen(tx, id);
  if (!found) return;
  messages::CounterChanges counters;
  if (!found->mayTrack) {
    counters.add(found->campaign, std::string(name(event)) + "_anonymous");
  } else if (found->rank < rankOf(event)) {
    for (int rank = found->rank + 1; rank <= rankOf(event); ++rank)
      counters.add(found->campaign, name(static_cast<WatchEvent>(rank - 1)));
    tx.run(sql::addEvent, id, std::string(name(event)), now);
    tx.run(sql::mark, rankOf(event), now, id);
  }
  counters.write(tx);
}

void addStreams(db::Connection& connection, VideoId video, std::int64_t editVersion, TimePoint now,
                WatchPage& page) {
  for (const auto& [sha256, bytes, width, height] :
       connection.query<std::string, std::uint64_t, int, int>(sql::streams, video, editVersion,
                                                              now))
    if (width >= page.width && height >= page.height)
      page.streams.push_back({{sha256, {bytes}, "video/mp4"}, width, height});
}

// The last row of a kind is the one that counts.
void addPictures(db::Connection& connection, VideoId video, std::int64_t editVersion,
                 std::int64_t revision, WatchPage& page) {
  for (const auto& [kind, sha256, bytes, width, height] :
       connection.query<std::string, std::string, std::uint64_t, int, int>(sql::pictures, video,
                                                                           editVersion, revision)) {
    const bool webp = kind == "poster_webp";
    const WatchMedia media{sha256, {bytes}, webp ? "image/webp" : "image/jpeg"};
    if (kind == "poster") page.poster = media;
    if (webp) page.posterWebp = media;
    if (kind == "badge") page.badge = WatchPicture{media, width, height};
  }
}

std::optional<WatchPage> page(db::Connection& connection, MessageId id, TimePoint now) {
  const auto row =
      connection
          .queryOne<std::string, std::string, int, int, std::int64_t, std::string, std::uint64_t,
                    std::string, std::uint64_t, VideoId, std::int64_t, std::int64_t>(sql::page, id);
  if (!row) return std::nullopt;
  const auto& [title, sender, width, height, duration, clip, clipBytes, poster, posterBytes, video,
               editVersion, revision] = *row;
  WatchPage page;
  page.title = title;
  page.senderName = sender;
  page.width = width;
  page.height = height;
  page.duration = Millis(duration);
  page.clip = {clip, {clipBytes}, "video/mp4"};
  page.poster = {poster, {posterBytes}, "image/jpeg"};  // of clips that had their own
  addStreams(connection, video, editVersion, now, page);
  addPictures(connection, video, editVersion, revision, page);
  return page;
}

}  // namespace

WatchLookup CampaignWatchPages::find(const std::string& token) const {
  const auto id = tokens_.open(token);
  if (!id) return NoSuchPage{};
  return database_.read([&](db::Connection& connection) -> WatchLookup {
    const TimePoint now = clock_.now();
    const auto link = LinkRepository(connection).link(*id, now);
    if (!link) return NoSuchPage{};
    if (link->revoked) return PageIsOver{link->language, true};
    if (isOver(link->madeAt)) return PageIsOver{link->language};
    auto found = page(connection, *id, now);
    if (!found) return PageIsOver{link->language};
    found->language = link->language;
    return *std::move(found);
  });
}

bool CampaignWatchPages::record(const std::string& token, WatchEvent event) {
  const auto id = tokens_.open(token);
  if (!id) return false;
  if (!limit_.take(*id, event, clock_.now())) return true;
  try {
    return recordOnce(*id, event);
  } catch (...) {
    limit_.giveBack(*id, event);
    throw;
  }
}

bool CampaignWatchPages::recordOnce(MessageId id, WatchEvent event) {
  const auto found = database_.read([&](db::Connection& connection) -> std::optional<Seen> {
    const auto link = LinkRepository(connection).link(id, clock_.now());
    if (!link || link->revoked || isOver(link->madeAt)) return std::nullopt;
    return seen(connection, id);
  });
  if (!found) return false;
  // A page comes back often: no write for what is known.
  if (found->mayTrack && found->rank >= rankOf(event)) return true;
  database_.write([&](db::Transaction& tx) { write(tx, id, event, clock_.now()); });
  return true;
}

}  // namespace clipcourier::tracking
