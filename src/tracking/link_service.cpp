#include "tracking/link_service.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tracking/link_repository.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"

namespace clipcourier::tracking {
namespace {

std::string nameOf(const Actor& actor) { return actor.kind + ":" + actor.id; }

[[noreturn]] void noSuch(const std::string& what) {
  throw Error(ErrorKind::notFound, "there is no such " + what, "List what there is.",
              what + ".not_found");
}

[[noreturn]] void changedMeanwhile() {
  throw Error(ErrorKind::conflict, "somebody else changed this meanwhile",
              "Read it again, then decide again.", "link.changed");
}

videos::Clip clipNamed(db::Connection& connection, ClipId id) {
  auto clip = videos::ClipRepository(connection).find(id);
  if (!clip) noSuch("clip");
  return *std::move(clip);
}

bool saysTheSame(const PageChoice& page, const LinkService::Change& wanted) {
  return page.shows == wanted.shows && page.reason == wanted.reason &&
         (page.shows != PageShows::clip || page.clip == wanted.clip);
}

nlohmann::json detailsOf(const PageChoice& page) {
  nlohmann::json details = {{"language", page.language},
                            {"shows", name(page.shows)},
                            {"reason", page.reason},
                            {"sent_clip_id", page.sentClip.value},
                            {"version", page.version}};
  if (page.shows == PageShows::clip) details["clip_id"] = page.clip.value;
  return details;
}

}  // namespace

// Clips are revoked by their bytes: the same film must not go on being shown under another id.
std::string LinkService::keyOf(db::Connection& connection, const LinkSubject& subject) const {
  LinkRepository links(connection);
  switch (subject.scope) {
    case LinkScope::message:
      if (!links.hasMessage({subject.id})) noSuch("message");
      break;
    case LinkScope::campaign:
      if (!links.campaignState({subject.id})) noSuch("campaign");
      break;
    case LinkScope::clip: {
      const auto clip = clipNamed(connection, {subject.id});
      if (clip.sha256.empty())
        throw Error(ErrorKind::conflict, "this clip was never made, so no link shows it",
                    "Choose the clip that was sent.", "clip.not_ready");
      return clip.sha256;
    }
  }
  return std::to_string(subject.id);
}

Revocation LinkService::revoke(const LinkSubject& subject, const Revoke& wanted,
                               const Actor& actor) {
  return db_.write([&](db::Transaction& tx) {
    LinkRepository links(tx);
    const std::string key = keyOf(tx, subject);
    const TimePoint now = clock_.now();
    const auto before = links.revocation(subject.scope, key);
    Revocation next{wanted.reason, nameOf(actor), now, wanted.from.value_or(now), 1};
    if (before) {
      const bool sameTime = wanted.from ? before->from == *wanted.from : before->from <= now;
      if (before->reason == wanted.reason && sameTime) return *before;
      if (!wanted.version)
        throw Error(ErrorKind::conflict, "these links are revoked already, in other words",
                    "Send the ETag of the revocation as If-Match to change it.",
                    "link.version_missing");
      // Dead links stay dead since when they are.
      if (!wanted.from && before->from <= now) next.from = before->from;
      next.version = *wanted.version + 1;
      if (!links.changeRevocation(subject.scope, key, next, *wanted.version)) changedMeanwhile();
    } else if (!links.addRevocation(subject.scope, key, next)) {
      changedMeanwhile();
    }
    audit_.record(tx, actor, "links.revoke", name(subject.scope), subject.id,
                  {{"reason", next.reason}, {"from", toIso(next.from)}});
    return next;
  });
}

Revocation LinkService::revocation(const LinkSubject& subject) const {
  return db_.read([&](db::Connection& connection) {
    const auto found =
        LinkRepository(connection).revocation(subject.scope, keyOf(connection, subject));
    if (!found)
      throw Error(ErrorKind::notFound, "these links are not revoked", "They can be opened.",
                  "link.not_revoked");
    return *found;
  });
}

void LinkService::restore(const LinkSubject& subject, std::int64_t version, const Actor& actor) {
  db_.write([&](db::Transaction& tx) {
    LinkRepository links(tx);
    const std::string key = keyOf(tx, subject);
    if (!links.removeRevocation(subject.scope, key, version)) {
      if (links.revocation(subject.scope, key)) changedMeanwhile();
      return;
    }
    audit_.record(tx, actor, "links.restore", name(subject.scope), subject.id,
                  nlohmann::json::object());
  });
}

std::vector<PageChoice> LinkService::pages(CampaignId campaign) const {
  return db_.read([&](db::Connection& connection) {
    LinkRepository links(connection);
    if (!links.campaignState(campaign)) noSuch("campaign");
    return links.pages(campaign);
  });
}

PageChoice LinkService::page(CampaignId campaign, const std::string& language) const {
  return db_.read([&](db::Connection& connection) { return load(connection, campaign, language); });
}

PageChoice LinkService::load(db::Connection& connection, CampaignId campaign,
                             const std::string& language) const {
  LinkRepository links(connection);
  if (!links.campaignState(campaign)) noSuch("campaign");
  auto page = links.page(campaign, language);
  if (!page)
    throw Error(ErrorKind::notFound, "this campaign sends nothing in this language",
                "GET /api/v1/campaigns/{id}/pages lists its languages.", "page.not_found");
  return *std::move(page);
}

PageChoice LinkService::change(CampaignId campaign, const std::string& language,
                               const Change& wanted, const Actor& actor) {
  if (wanted.shows == PageShows::clip) checkClip(wanted.clip);
  return db_.write([&](db::Transaction& tx) {
    LinkRepository links(tx);
    const PageChoice before = load(tx, campaign, language);
    if (*links.campaignState(campaign) == "draft")
      throw Error(ErrorKind::conflict, "this campaign is a draft: nothing was sent yet",
                  "Change its contents.", "campaign.state");
    if (saysTheSame(before, wanted)) return before;
    if (before.version != wanted.version) changedMeanwhile();
    PageChoice next = chosen(tx, before, wanted);
    next.reason = wanted.reason;
    next.by = nameOf(actor);
    next.at = clock_.now();
    ++next.version;
    if (!links.setPage(campaign, next)) changedMeanwhile();
    audit_.record(tx, actor, "page.change", "campaign", campaign.value, detailsOf(next));
    return next;
  });
}

// Reads the whole file, so it comes before the transaction.
void LinkService::checkClip(ClipId id) const {
  const auto clip = db_.read([&](db::Connection& connection) { return clipNamed(connection, id); });
  if (clip.state != videos::ClipState::ready || clip.format != "mp4")
    throw Error(ErrorKind::refused, "only a clip that is ready and an MP4 can be shown",
                "GET /api/v1/videos/{id} lists its clips and their states.", "page.clip");
  proof_.verifyWithBytes(clip, store_);
}

PageChoice LinkService::chosen(db::Transaction& tx, PageChoice page, const Change& wanted) const {
  page.shows = wanted.shows;
  page.clip = {};
  page.sha256.clear();
  page.pictureRevision = 0;
  if (wanted.shows != PageShows::clip) return page;
  const auto clip = clipNamed(tx, wanted.clip);
  if (LinkRepository(tx).revocation(LinkScope::clip, clip.sha256))
    throw Error(ErrorKind::refused, "the links that show this clip are revoked",
                "Choose another clip, or restore its links first.", "page.clip_revoked");
  page.clip = clip.id;
  page.sha256 = clip.sha256;
  page.pictureRevision =
      videos::PictureRepository(tx).posterRevision(clip.videoId, clip.editVersion);
  return page;
}

}  // namespace clipcourier::tracking
