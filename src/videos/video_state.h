#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "videos/profiles.h"
#include "videos/video.h"

namespace clipcourier::videos {

inline constexpr auto kProbeJob = "video.probe";          // subject: the video
inline constexpr auto kTranscodeJob = "video.transcode";  // subject: the video
inline constexpr auto kPicturesJob = "video.pictures";    // subject: the video

// Which clips a job is to make. No two jobs have the same clip, so that jobs about the same video
// never do the same work. JSON for the payload of a job.
struct ClipOrder {
  std::optional<std::vector<ClipId>> clips;  // none: whatever is planned
  bool has(ClipId id) const;
};
std::string toPayload(const ClipOrder& order);
ClipOrder parseOrder(const std::string& payload);

// Those of the uploads, and those that were asked for since and still exist.
std::vector<std::string> wantedProfiles(const Profiles& profiles,
                                        const std::vector<Clip>& newestFirst);

// Each adds what is to be done in the transaction that makes it necessary; ring the bell after.
void addProbe(db::Transaction& tx, VideoId video, TimePoint now);
// Plans a clip for each of these profiles, unless one is in work, and one job that makes them
// together, with storyboard and preview when they are missing; more jobs when there are more than
// one can make.
void addClips(db::Transaction& tx, const Video& video, const std::vector<std::string>& profiles,
              TimePoint now);
// Makes the poster that is wished for and the candidates; quick, and not behind the clips of other
// videos. One that cannot be made does not stand in the way of the clips.
void addPictures(db::Transaction& tx, VideoId video, TimePoint now);
// Asks all work on a video's clips and pictures to end, and forgets what was planned.
void cancelWork(db::Transaction& tx, VideoId video, TimePoint now);

// Sets the state of a video that was probed from the states of its clips. What counts is the
// profile that was planned first: transcoding while its clip is in work, ready as soon as it has
// one, and a poster unless none can be made; failed with its reason when it has none and nothing is
// in work any more.
void updateState(db::Transaction& tx, VideoId video, TimePoint now);

// The clip that says why the newest edits gave none, of the profile that counts; null while it is
// in work, and where one was made. `newestFirst`: all clips of the video.
const Clip* refusedEdits(const std::vector<Clip>& newestFirst, std::int64_t editVersion);

}  // namespace clipcourier::videos
