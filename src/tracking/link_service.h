#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "db/database.h"
#include "media/media_store.h"
#include "tracking/link.h"
#include "users/audit_log.h"
#include "videos/clip_proof.h"

namespace clipcourier::tracking {

// Takes links back, and changes what watch pages show when the wrong video was sent. What was sent
// stays on record; every change has its reason, its actor and a row in the audit log. A request
// that asks for what is already so changes nothing and succeeds, so it may be repeated.
// Thread-safe; borrows its arguments.
//
// Throws Error: notFound; conflict "link.changed" when `version` is not the current one.
class LinkService {
 public:
  LinkService(db::Database& database, const videos::ClipProof& proof,
              const media::MediaStore& store, const users::AuditLog& audit, const Clock& clock)
      : db_(database), proof_(proof), store_(store), audit_(audit), clock_(clock) {}

  struct Revoke {
    std::string reason;
    std::optional<TimePoint> from;  // none: at once
    std::optional<std::int64_t> version;
  };
  // To say something else about links that are revoked already needs the version; without it
  // Error(conflict) "link.version_missing".
  Revocation revoke(const LinkSubject& subject, const Revoke& wanted, const Actor& actor);
  Revocation revocation(const LinkSubject& subject) const;  // notFound "link.not_revoked"
  void restore(const LinkSubject& subject, std::int64_t version, const Actor& actor);

  std::vector<PageChoice> pages(CampaignId campaign) const;
  PageChoice page(CampaignId campaign, const std::string& language) const;
  struct Change {
    PageShows shows = PageShows::sent;
    ClipId clip;  // with PageShows::clip: ready, with a proof that holds, its links not revoked
    std::string reason;
    std::int64_t version = 0;  // of what the caller saw
  };
  // Throws Error(conflict) "campaign.state" for a draft, whose content can be edited, and
  // Error(refused) for a clip that cannot be shown.
  PageChoice change(CampaignId campaign, const std::string& language, const Change& wanted,
                    const Actor& actor);

 private:
  std::string keyOf(db::Connection& connection, const LinkSubject& subject) const;
  PageChoice load(db::Connection& connection, CampaignId campaign,
                  const std::string& language) const;
  void checkClip(ClipId id) const;
  PageChoice chosen(db::Transaction& tx, PageChoice page, const Change& wanted) const;

  db::Database& db_;
  const videos::ClipProof& proof_;
  const media::MediaStore& store_;
  const users::AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace clipcourier::tracking
