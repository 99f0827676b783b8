#pragma once

#include <map>
#include <string>

#include "db/connection.h"
#include "transcoder/profile.h"
#include "videos/video.h"

namespace clipcourier::videos {

// By name: what clips are made of every video.
using Profiles = std::map<std::string, transcoder::Profile>;

inline constexpr auto kProbeJob = "video.probe";         // subject: the video
inline constexpr auto kTranscodeJob = "clip.transcode";  // subject: the clip

// Each adds what is to be done in the transaction that makes it necessary; ring the bell after.
void addProbe(db::Transaction& tx, VideoId video, TimePoint now);
// Plans a clip of that profile, unless one is in work.
void addClip(db::Transaction& tx, VideoId video, const std::string& profile, TimePoint now);

// Sets the state of a video that was probed from the states of its clips: transcoding while one is
// in work, failed when a profile got none, else ready.
void updateState(db::Transaction& tx, VideoId video, TimePoint now);

}  // namespace clipcourier::videos
