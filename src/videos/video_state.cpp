#include "videos/video_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

// Some forty minutes of growing delays: enough to notice and mend a full disk.
constexpr int kMaxAttempts = 10;

// The failure of the first profile whose newest clip failed and that has no ready one.
const Clip* failedForGood(const std::vector<Clip>& newestFirst) {
  std::set<std::string> ready, seen;
  for (const Clip& clip : newestFirst)
    if (clip.state == ClipState::ready) ready.insert(clip.profile);
  for (const Clip& clip : newestFirst)
    if (seen.insert(clip.profile).second && clip.state == ClipState::failed &&
        !ready.contains(clip.profile))
      return &clip;
  return nullptr;
}

bool inWork(const Clip& clip) {
  return clip.state == ClipState::planned || clip.state == ClipState::encoding;
}

}  // namespace

void addProbe(db::Transaction& tx, VideoId video, TimePoint now) {
  jobs::JobQueue(tx).add({.kind = kProbeJob,
                          .subjectId = video.value,
                          .dedupeKey = "video:" + std::to_string(video.value),
                          .dueAt = now,
                          .priority = 10,
                          .maxAttempts = kMaxAttempts},
                         now);
}

void addClip(db::Transaction& tx, VideoId video, const std::string& profile, TimePoint now) {
  const auto clip = ClipRepository(tx).plan(video, profile, now);
  if (!clip) return;
  jobs::JobQueue(tx).add(
      {.kind = kTranscodeJob, .subjectId = clip->value, .dueAt = now, .maxAttempts = kMaxAttempts},
      now);
}

void updateState(db::Transaction& tx, VideoId id, TimePoint now) {
  VideoRepository videos(tx);
  // Locked first: two clips that end at once must not each take the other for unfinished.
  if (!videos.lock(id)) return;
  const auto clips = ClipRepository(tx).ofVideo(id);
  if (std::any_of(clips.begin(), clips.end(), inWork))
    videos.setState(id, VideoState::transcoding, now);
  else if (const Clip* failed = failedForGood(clips))
    videos.fail(id, nlohmann::json::parse(failed->failure).get<Failure>(), now);
  else
    videos.setState(id, VideoState::ready, now);
}

}  // namespace clipcourier::videos
