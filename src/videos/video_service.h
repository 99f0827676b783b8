#pragma once

#include <string>

#include "db/database.h"
#include "jobs/bell.h"
#include "users/audit_log.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

// What people do with a video once it is there. Each throws Error(notFound) for one that is not.
class VideoService {
 public:
  // Borrows its arguments; they must outlive it.
  VideoService(db::Database& database, const Profiles& profiles, const Clock& clock,
               jobs::Bell& bell, const users::AuditLog& audit)
      : database_(database), profiles_(profiles), clock_(clock), bell_(bell), audit_(audit) {}

  // Error(conflict) "video.changed" when somebody edited it since `version`.
  Video retitle(VideoId id, std::int64_t version, const std::string& title, const Actor& actor);

  // Does again what failed; for a video without failures makes all its clips anew, with the
  // profiles of today. The clips there are stay until the new ones are ready. Error(conflict)
  // "video.busy" while it is being worked on.
  Video convertAgain(VideoId id, const Actor& actor);

  // Makes a clip of one more profile; the one there is stays until the new one is ready. Does
  // nothing while one is in work. Error(invalidInput) "profile.unknown"; Error(conflict)
  // "video.busy" before the video was checked.
  Video requestClip(VideoId id, const std::string& profile, const Actor& actor);

  // Takes the video and its clips away and stops the work on them. Error(conflict) "video.in_use"
  // while a campaign holds one of its clips.
  void remove(VideoId id, const Actor& actor);

 private:
  void removeRows(db::Transaction& tx, VideoId id);

  db::Database& database_;
  const Profiles& profiles_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const users::AuditLog& audit_;
};

}  // namespace clipcourier::videos
