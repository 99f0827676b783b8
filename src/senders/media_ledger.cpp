#include "senders/media_ledger.h"

#include "base/error.h"
#include "senders/exchange_runner.h"

namespace clipcourier::senders {

namespace {

using namespace std::chrono_literals;

constexpr Millis kLife = 30 * 24h;  // at the provider
constexpr Millis kRenewBefore = 5 * 24h;
constexpr Millis kLease = 7min;  // an upload ends after 5 minutes, its check after half of one
constexpr Millis kProven = 24h;
constexpr int kMostDiscards = 2;  // then it is not the id that is wrong
constexpr Millis kMargin = 1min;  // an id that expires on the way helps nobody

namespace sql {
constexpr auto usable = R"sql(
  SELECT media_id FROM sender_media
  WHERE sender_id = $1 AND sha256 = $2 AND media_id IS NOT NULL AND expires_at_ms > $3)sql";
constexpr auto due = R"sql(
  SELECT sender_id, sha256 FROM sender_media
  WHERE media_id IS NOT NULL AND expires_at_ms <= $1
    AND (state <> 'uploading' OR lease_until_ms <= $2)
  ORDER BY expires_at_ms LIMIT $3)sql";
constexpr auto borrowNew = R"sql(
  INSERT INTO sender_media (sender_id, sha256, state, lease_until_ms)
  VALUES ($1, $2, 'uploading', $3) ON CONFLICT (sender_id, sha256) DO NOTHING)sql";
constexpr auto borrow = R"sql(
  UPDATE sender_media SET state = 'uploading', lease_until_ms = $1, error_code = NULL, error = NULL
  WHERE sender_id = $2 AND sha256 = $3
    AND (state = 'failed' OR (state = 'uploading' AND lease_until_ms <= $4)
         OR (state = 'ready' AND expires_at_ms <= $5)))sql";
// The lease tells one loan from the next: who lost it writes nothing.
constexpr auto keep = R"sql(
  UPDATE sender_media SET state = 'ready', media_id = $1, uploaded_at_ms = $2, expires_at_ms = $3,
    lease_until_ms = NULL
  WHERE sender_id = $4 AND sha256 = $5 AND state = 'uploading' AND lease_until_ms = $6)sql";
constexpr auto fail = R"sql(
  UPDATE sender_media SET state = 'failed', error_code = $1, error = $2, lease_until_ms = NULL
  WHERE sender_id = $3 AND sha256 = $4 AND state = 'uploading' AND lease_until_ms = $5)sql";
constexpr auto trust = R"sql(
  SELECT media_id, uploaded_at_ms, discards FROM sender_media
  WHERE sender_id = $1 AND sha256 = $2)sql";
constexpr auto discard = R"sql(
  UPDATE sender_media SET media_id = NULL, expires_at_ms = NULL, error_code = $1,
    state = CASE WHEN state = 'uploading' THEN state ELSE 'failed' END, discards = $2
  WHERE sender_id = $3 AND sha256 = $4)sql";
}  // namespace sql

}  // namespace

std::optional<std::string> MediaLedger::usable(db::Connection& connection, SenderId sender,
                                               const std::string& sha256, TimePoint now) {
  return connection.scalar<std::string>(sql::usable, sender, sha256, now + kMargin);
}

std::vector<MediaLedger::Due> MediaLedger::due(db::Connection& connection, TimePoint now,
                                               int limit) {
  std::vector<Due> due;
  for (auto& [sender, sha256] :
       connection.query<SenderId, std::string>(sql::due, now + kRenewBefore, now, limit)) {
    due.push_back({sender, std::move(sha256)});
  }
  return due;
}

// The end of the loan, which is ours now; none when there is nothing to do or another one does it.
std::optional<TimePoint> MediaLedger::borrow(const MediaWanted& wanted, TimePoint now) {
  const TimePoint lease = now + kLease;
  const bool mine = database_.write([&](db::Transaction& tx) {
    return tx.run(sql::borrowNew, wanted.sender, wanted.sha256, lease) == 1 ||
           tx.run(sql::borrow, lease, wanted.sender, wanted.sha256, now, now + kRenewBefore) == 1;
  });
  if (!mine) return std::nullopt;
  return lease;
}

std::string MediaLedger::ensure(const MediaWanted& wanted) {
  const TimePoint now = clock_.now();
  const auto lease = borrow(wanted, now);
  const auto current = [&] {
    return database_.read(
        [&](db::Connection& c) { return usable(c, wanted.sender, wanted.sha256, clock_.now()); });
  };
  if (lease) {
    try {
      return upload(wanted, *lease);
    } catch (const Error&) {
      // A renewal that fails leaves the old id good for some days; the next job tries again.
      if (auto old = current()) return *old;
      throw;
    }
  }
  if (auto id = current()) return *id;
  throw Error(ErrorKind::unavailable, "the clip is being uploaded to the provider",
              "Try again in a moment.", "media.uploading");
}

std::string MediaLedger::upload(const MediaWanted& wanted, TimePoint lease) {
  try {
    const auto sender = directory_.get(wanted.sender);
    media::OpenFile file = store_.open(wanted.sha256);
    channels::MediaFile media{
        {"", std::make_shared<UniqueFd>(std::move(file.fd)), 0, file.size.bytes},
        wanted.mimeType,
        wanted.fileName,
        wanted.sha256};
    const auto exchange = sender->channel->uploadMedia(sender->account, std::move(media));
    auto end = runExchange(http_, *exchange);
    if (auto* failure = std::get_if<channels::ExchangeFailure>(&end)) {
      fail(wanted, lease, failure->code, failure->reason);
      throw toError(*failure, "upload the clip");
    }
    std::string id = std::get<std::string>(std::move(end));
    const TimePoint now = clock_.now();
    const bool kept = database_.write([&](db::Transaction& tx) {
      return tx.run(sql::keep, id, now, now + kLife, wanted.sender, wanted.sha256, lease) == 1;
    });
    if (kept) return id;
    throw Error(ErrorKind::unavailable, "another upload of the clip took over",
                "Try again in a moment.", "media.uploading");
  } catch (const Error& error) {
    fail(wanted, lease, 0, error.what());  // nothing to do when the loan has ended already
    throw;
  }
}

void MediaLedger::fail(const MediaWanted& wanted, TimePoint lease, int code,
                       const std::string& reason) {
  database_.write([&](db::Transaction& tx) {
    tx.run(sql::fail, std::to_string(code), reason, wanted.sender, wanted.sha256, lease);
  });
}

MediaLedger::Distrust MediaLedger::distrust(db::Transaction& tx, SenderId sender,
                                            const std::string& sha256, TimePoint usedAt, int code,
                                            TimePoint now) {
  std::string statement = sql::trust;
  if (tx.engine() == db::Engine::postgresql) statement += " FOR UPDATE";
  const auto row =
      tx.queryOne<std::string, std::optional<TimePoint>, int>(statement, sender, sha256);
  if (!row) return Distrust::unknown;
  const auto& [mediaId, uploadedAt, discards] = *row;
  // Others that used it failed before.
  if (mediaId.empty() || !uploadedAt || *uploadedAt > usedAt) return Distrust::replaced;
  // One that served for a day was a good file: the provider lost it.
  const int failures = now - *uploadedAt > kProven ? 0 : discards;
  if (failures >= kMostDiscards) return Distrust::worn;
  tx.run(sql::discard, std::to_string(code), failures + 1, sender, sha256);
  return Distrust::replaced;
}

}  // namespace clipcourier::senders
