#include "videos/video_service.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/ingest_service.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

bool needsClip(ClipRepository& clips, const Video& video, const std::string& profile) {
  return video.state == VideoState::ready || !clips.current(video.id, profile);
}

}  // namespace

Video VideoService::retitle(VideoId id, std::int64_t version, const std::string& title,
                            const Actor& actor) {
  const std::string checked = checkedTitle(title);
  return database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.get(id);
    const TimePoint now = clock_.now();
    if (!videos.retitle(id, version, checked, now))
      throw Error(ErrorKind::conflict, "the video was changed meanwhile",
                  "Load the video again, look at its title, and send its new version.",
                  "video.changed");
    audit_.record(tx, actor, "video.retitled", "video", id.value, {{"title", checked}});
    return videos.get(id);
  });
}

Video VideoService::convertAgain(VideoId id, const Actor& actor) {
  Video video = database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(id);
    const Video before = videos.get(id);
    const TimePoint now = clock_.now();
    if (before.state != VideoState::failed && before.state != VideoState::ready)
      throw Error(ErrorKind::conflict, "the video is being worked on",
                  "Wait until it is ready or has failed.", "video.busy");
    if (before.source.empty()) {
      videos.setState(id, VideoState::uploaded, now);
      addProbe(tx, id, now);
    } else {
      ClipRepository clips(tx);
      for (const auto& [name, profile] : profiles_)
        if (needsClip(clips, before, name)) addClip(tx, id, name, now);
      updateState(tx, id, now);
    }
    audit_.record(tx, actor, "video.converted_again", "video", id.value,
                  {{"state", name(before.state)}});
    return videos.get(id);
  });
  bell_.ring();
  return video;
}

void VideoService::remove(VideoId id, const Actor& actor) {
  database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(id);
    const Video video = videos.get(id);
    removeRows(tx, id);
    audit_.record(tx, actor, "video.removed", "video", id.value,
                  {{"title", video.title}, {"sha256", video.originalSha256}});
  });
}

void VideoService::removeRows(db::Transaction& tx, VideoId id) {
  jobs::JobQueue queue(tx);
  ClipRepository clips(tx);
  queue.cancelAbout(kProbeJob, id.value, clock_.now());
  for (const Clip& clip : clips.ofVideo(id))
    queue.cancelAbout(kTranscodeJob, clip.id.value, clock_.now());
  try {
    clips.removeOfVideo(id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::conflict, "a campaign uses a clip of this video",
                "Choose another clip in that campaign, or keep the video.", "video.in_use");
  }
  VideoRepository(tx).remove(id);
}

}  // namespace clipcourier::videos
