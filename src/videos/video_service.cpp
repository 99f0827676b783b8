#include "videos/video_service.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/ingest_service.h"
#include "videos/picture_repository.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

[[noreturn]] void busy() {
  throw Error(ErrorKind::conflict, "the video is being worked on",
              "Wait until it is ready or has failed.", "video.busy");
}

// Whether the newest clip of that profile failed, or there is none.
bool lacks(const std::vector<Clip>& newestFirst, const std::string& profile) {
  const auto newest = std::ranges::find(newestFirst, profile, &Clip::profile);
  return newest == newestFirst.end() || newest->state == ClipState::failed ||
         newest->state == ClipState::refused;
}

// What is to be made again: what failed; everything when nothing did.
std::vector<std::string> profilesToRepeat(const Profiles& profiles,
                                          const std::vector<Clip>& clips) {
  const std::vector<std::string> wanted = wantedProfiles(profiles, clips);
  std::vector<std::string> lacking;
  std::ranges::copy_if(wanted, std::back_inserter(lacking),
                       [&](const std::string& profile) { return lacks(clips, profile); });
  return lacking.empty() ? wanted : lacking;
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
    ClipRepository clips(tx);
    if ((before.state != VideoState::failed && before.state != VideoState::ready) ||
        !clips.inWork(id).empty())
      busy();
    if (before.source.empty()) {
      videos.setState(id, VideoState::uploaded, now);
      addProbe(tx, id, now);
    } else {
      videos.setPictureFailure(id, std::nullopt);
      addPictures(tx, id, now);
      addClips(tx, before, profilesToRepeat(profiles_, clips.ofVideo(id)), now);
      updateState(tx, id, now);
    }
    audit_.record(tx, actor, "video.converted_again", "video", id.value,
                  {{"state", name(before.state)}});
    return videos.get(id);
  });
  bell_.ring();
  return video;
}

Video VideoService::requestClip(VideoId id, const std::string& profile, const Actor& actor) {
  profiles_.get(profile);
  Video video = database_.write([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    videos.lock(id);
    const Video before = videos.get(id);
    if (before.source.empty()) busy();
    const auto inWork = ClipRepository(tx).inWork(id);
    if (std::ranges::find(inWork, profile, &Clip::profile) != inWork.end()) return before;
    addClips(tx, before, {profile}, clock_.now());
    updateState(tx, id, clock_.now());
    audit_.record(tx, actor, "video.clip_requested", "video", id.value, {{"profile", profile}});
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
  bell_.ring();  // so that running work learns of it at once
}

void VideoService::removeRows(db::Transaction& tx, VideoId id) {
  ClipRepository clips(tx);
  jobs::JobQueue(tx).cancelAbout(kProbeJob, id.value, clock_.now());
  cancelWork(tx, id, clock_.now());
  try {
    clips.removeOfVideo(id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::conflict, "a campaign uses a clip of this video",
                "Choose another clip in that campaign, or keep the video.", "video.in_use");
  }
  PictureRepository(tx).removeOfVideo(id);
  VideoRepository(tx).remove(id);
}

}  // namespace clipcourier::videos
