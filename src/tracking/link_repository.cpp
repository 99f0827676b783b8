#include "tracking/link_repository.h"

#include <array>

#include "base/error.h"

namespace clipcourier::tracking {
namespace {

namespace sql {
// One row even when the content is gone. A clip is revoked by what the page shows now.
constexpr auto link = R"sql(
  SELECT m.language, m.created_at_ms,
         CASE WHEN p.shows = 'nothing' THEN 1 ELSE
           (SELECT count(*) FROM link_revocations r
            WHERE r.from_ms <= $1
              AND ((r.scope = 'message' AND r.subject = CAST(m.id AS TEXT))
                OR (r.scope = 'campaign' AND r.subject = CAST(m.campaign_id AS TEXT))
                OR (r.scope = 'clip' AND r.subject = coalesce(p.clip_sha256, c.clip_sha256)))) END
  FROM messages m
  LEFT JOIN campaign_contents c ON c.campaign_id = m.campaign_id AND c.language = m.language
  LEFT JOIN page_choices p ON p.campaign_id = m.campaign_id AND p.language = m.language
  WHERE m.id = $2)sql";

constexpr auto revocation = R"sql(
  SELECT reason, revoked_by, revoked_at_ms, from_ms, version FROM link_revocations
  WHERE scope = $1 AND subject = $2)sql";
constexpr auto addRevocation = R"sql(
  INSERT INTO link_revocations (scope, subject, reason, revoked_by, revoked_at_ms, from_ms)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, subject) DO NOTHING)sql";
constexpr auto changeRevocation = R"sql(
  UPDATE link_revocations SET reason = $1, revoked_by = $2, revoked_at_ms = $3, from_ms = $4,
                              version = version + 1
  WHERE scope = $5 AND subject = $6 AND version = $7)sql";
constexpr auto removeRevocation = R"sql(
  DELETE FROM link_revocations WHERE scope = $1 AND subject = $2 AND version = $3)sql";

constexpr auto pages = R"sql(
  SELECT c.language, c.clip_id, c.clip_sha256, coalesce(p.shows, 'sent'), coalesce(p.clip_id, 0),
         coalesce(p.clip_sha256, ''), coalesce(p.picture_revision, 0), coalesce(p.reason, ''),
         coalesce(p.changed_by, ''), p.changed_at_ms, coalesce(p.version, 0)
  FROM campaign_contents c
  LEFT JOIN page_choices p ON p.campaign_id = c.campaign_id AND p.language = c.language
  WHERE c.campaign_id = $1 ORDER BY c.language)sql";
constexpr auto addPage = R"sql(
  INSERT INTO page_choices (campaign_id, language, shows, clip_id, clip_sha256, picture_revision,
                            reason, changed_by, changed_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (campaign_id, language) DO NOTHING)sql";
constexpr auto changePage = R"sql(
  UPDATE page_choices SET shows = $1, clip_id = $2, clip_sha256 = $3, picture_revision = $4,
                          reason = $5, changed_by = $6, changed_at_ms = $7, version = version + 1
  WHERE campaign_id = $8 AND language = $9 AND version = $10)sql";

constexpr auto hasMessage = "SELECT id FROM messages WHERE id = $1";
constexpr auto campaignState = "SELECT state FROM campaigns WHERE id = $1";
}  // namespace sql

PageShows showsNamed(const std::string& text) {
  for (const PageShows shows : {PageShows::sent, PageShows::clip, PageShows::nothing})
    if (name(shows) == text) return shows;
  throw Error(ErrorKind::internal, "unknown choice of a page in the database");
}

}  // namespace

std::string name(LinkScope scope) {
  switch (scope) {
    case LinkScope::message: return "message";
    case LinkScope::campaign: return "campaign";
    case LinkScope::clip: return "clip";
  }
  return "message";
}

std::string name(PageShows shows) {
  switch (shows) {
    case PageShows::sent: return "sent";
    case PageShows::clip: return "clip";
    case PageShows::nothing: return "nothing";
  }
  return "sent";
}

std::optional<Link> LinkRepository::link(MessageId message, TimePoint now) {
  const auto row = db_.queryOne<std::string, TimePoint, std::int64_t>(sql::link, now, message);
  if (!row) return std::nullopt;
  const auto& [language, madeAt, revocations] = *row;
  return Link{language, madeAt, revocations > 0};
}

std::optional<Revocation> LinkRepository::revocation(LinkScope scope, const std::string& subject) {
  auto row = db_.queryOne<std::string, std::string, TimePoint, TimePoint, std::int64_t>(
      sql::revocation, name(scope), subject);
  if (!row) return std::nullopt;
  auto& [reason, by, at, from, version] = *row;
  return Revocation{std::move(reason), std::move(by), at, from, version};
}

bool LinkRepository::addRevocation(LinkScope scope, const std::string& subject,
                                   const Revocation& revocation) {
  return db_.run(sql::addRevocation, name(scope), subject, revocation.reason, revocation.by,
                 revocation.at, revocation.from) == 1;
}

bool LinkRepository::changeRevocation(LinkScope scope, const std::string& subject,
                                      const Revocation& to, std::int64_t version) {
  return db_.run(sql::changeRevocation, to.reason, to.by, to.at, to.from, name(scope), subject,
                 version) == 1;
}

bool LinkRepository::removeRevocation(LinkScope scope, const std::string& subject,
                                      std::int64_t version) {
  return db_.run(sql::removeRevocation, name(scope), subject, version) == 1;
}

std::vector<PageChoice> LinkRepository::pages(CampaignId campaign) {
  using std::string;
  std::vector<PageChoice> result;
  for (auto& [language, sentClip, sentSha256, shows, clip, sha256, revision, reason, by, at,
              version] :
       db_.query<string, ClipId, string, string, ClipId, string, std::int64_t, string, string,
                 std::optional<TimePoint>, std::int64_t>(sql::pages, campaign)) {
    result.push_back({language, sentClip, sentSha256, showsNamed(shows), clip, sha256, revision,
                      reason, by, at, version});
  }
  return result;
}

std::optional<PageChoice> LinkRepository::page(CampaignId campaign, const std::string& language) {
  for (PageChoice& page : pages(campaign))
    if (page.language == language) return std::move(page);
  return std::nullopt;
}

bool LinkRepository::setPage(CampaignId campaign, const PageChoice& page) {
  const bool other = page.shows == PageShows::clip;
  const auto clip = other ? std::optional(page.clip) : std::nullopt;
  const auto sha256 = other ? std::optional(page.sha256) : std::nullopt;
  if (page.version == 1)
    return db_.run(sql::addPage, campaign, page.language, name(page.shows), clip, sha256,
                   page.pictureRevision, page.reason, page.by, page.at) == 1;
  return db_.run(sql::changePage, name(page.shows), clip, sha256, page.pictureRevision, page.reason,
                 page.by, page.at, campaign, page.language, page.version - 1) == 1;
}

bool LinkRepository::hasMessage(MessageId id) {
  return db_.scalar<MessageId>(sql::hasMessage, id).has_value();
}

std::optional<std::string> LinkRepository::campaignState(CampaignId id) {
  return db_.scalar<std::string>(sql::campaignState, id);
}

}  // namespace clipcourier::tracking
