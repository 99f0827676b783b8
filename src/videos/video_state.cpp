#include "videos/video_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "jobs/job_queue.h"
#include "transcoder/job.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

// Some forty minutes of growing delays: enough to notice and mend a full disk.
constexpr int kMaxAttempts = 10;

// The clips of one profile, newest first.
struct ProfileClips {
  bool inWork = false, ready = false;
  const Clip* newestRefusal = nullptr;  // or failure
};

ProfileClips clipsOf(const std::vector<Clip>& newestFirst, const std::string& profile,
                     std::int64_t sinceEdits = 0) {
  ProfileClips found;
  for (const Clip& clip : newestFirst) {
    if (clip.profile != profile || clip.editVersion < sinceEdits) continue;
    found.inWork |= inWork(clip);
    found.ready |= clip.state == ClipState::ready || clip.state == ClipState::served;
    if (!found.newestRefusal &&
        (clip.state == ClipState::refused || clip.state == ClipState::failed))
      found.newestRefusal = &clip;
  }
  return found;
}

// The profile that was planned first for the video as it is edited now.
const std::string* firstProfile(const std::vector<Clip>& newestFirst, std::int64_t editVersion) {
  for (auto clip = newestFirst.rbegin(); clip != newestFirst.rend(); ++clip)
    if (clip->editVersion == editVersion) return &clip->profile;
  return nullptr;
}

bool hasPicturesJob(db::Connection& connection, VideoId video) {
  return !jobs::JobList(connection).open(kPicturesJob, video.value, video.value).empty();
}

// Whether it has no poster yet and will get one. One of older edits does for a video that has it.
bool awaitsPoster(db::Connection& connection, const Video& video) {
  return video.pictureFailure.empty() &&
         PictureRepository(connection).newestWithPosters(video.id, video.editVersion) == 0;
}

}  // namespace

bool ClipOrder::has(ClipId id) const {
  return !clips || std::ranges::find(*clips, id) != clips->end();
}

std::string toPayload(const ClipOrder& order) {
  nlohmann::json json = nlohmann::json::object();
  if (order.clips) {
    json["clips"] = nlohmann::json::array();
    for (const ClipId id : *order.clips) json["clips"].push_back(id.value);
  }
  return json.dump();
}

ClipOrder parseOrder(const std::string& payload) {
  const nlohmann::json json = nlohmann::json::parse(payload);
  ClipOrder order;
  if (const auto clips = json.find("clips"); clips != json.end()) {
    order.clips.emplace();
    for (const auto& id : *clips) order.clips->push_back({id.get<std::int64_t>()});
  }
  return order;
}

std::vector<std::string> wantedProfiles(const Profiles& profiles,
                                        const std::vector<Clip>& newestFirst) {
  std::vector<std::string> wanted = profiles.forUploads();
  for (auto clip = newestFirst.rbegin(); clip != newestFirst.rend(); ++clip)
    if (profiles.find(clip->profile) && std::ranges::find(wanted, clip->profile) == wanted.end())
      wanted.push_back(clip->profile);
  return wanted;
}

void addProbe(db::Transaction& tx, VideoId video, TimePoint now) {
  jobs::JobQueue(tx).add({.kind = kProbeJob,
                          .subjectId = video.value,
                          .dedupeKey = "video:" + std::to_string(video.value),
                          .dueAt = now,
                          .priority = 10,
                          .maxAttempts = kMaxAttempts},
                         now);
}

void addClips(db::Transaction& tx, const Video& video, const std::vector<std::string>& profiles,
              TimePoint now) {
  ClipRepository clips(tx);
  const ClipOrder nothing{std::vector<ClipId>{}};
  std::vector<ClipOrder> orders{nothing};
  for (const std::string& profile : profiles)
    if (const auto id = clips.plan(video.id, profile, video.editVersion, now)) {
      if (orders.back().clips->size() == transcoder::kMaxRenditions) orders.push_back(nothing);
      orders.back().clips->push_back(*id);
    }
  for (const ClipOrder& order : orders)
    jobs::JobQueue(tx).add({.kind = kTranscodeJob,
                            .subjectId = video.id.value,
                            .payload = toPayload(order),
                            .dueAt = now,
                            .maxAttempts = kMaxAttempts},
                           now);
}

void addPictures(db::Transaction& tx, VideoId video, TimePoint now) {
  jobs::JobQueue(tx).add({.kind = kPicturesJob,
                          .subjectId = video.value,
                          .payload = toPayload({std::vector<ClipId>{}}),
                          .dueAt = now,
                          .maxAttempts = kMaxAttempts},
                         now);
}

void cancelWork(db::Transaction& tx, VideoId video, TimePoint now) {
  jobs::JobQueue queue(tx);
  queue.cancelAbout(kTranscodeJob, video.value, now);
  queue.cancelAbout(kPicturesJob, video.value, now);
  ClipRepository(tx).dropInWork(video);
}

void updateState(db::Transaction& tx, VideoId id, TimePoint now) {
  VideoRepository videos(tx);
  // Locked first: two clips that end at once must not each take the other for unfinished.
  if (!videos.lock(id)) return;
  const Video video = videos.get(id);
  const auto clips = ClipRepository(tx).ofVideo(id);
  const std::string* profile = firstProfile(clips, video.editVersion);
  if (!profile) return;
  const ProfileClips first = clipsOf(clips, *profile);
  const bool posterMissing = first.ready && awaitsPoster(tx, video);
  if (posterMissing && !hasPicturesJob(tx, id)) addPictures(tx, id, now);  // of an older release
  if (first.inWork || posterMissing)
    videos.setState(id, VideoState::transcoding, now);
  else if (first.ready)
    videos.setState(id, VideoState::ready, now);
  else if (std::ranges::any_of(clips, inWork))
    videos.setState(id, VideoState::transcoding, now);
  else if (first.newestRefusal)
    videos.fail(id, nlohmann::json::parse(first.newestRefusal->failure).get<Failure>(), now);
}

const Clip* refusedEdits(const std::vector<Clip>& newestFirst, std::int64_t editVersion) {
  const std::string* profile = firstProfile(newestFirst, editVersion);
  if (!profile) return nullptr;
  const ProfileClips made = clipsOf(newestFirst, *profile, editVersion);
  return made.ready || made.inWork ? nullptr : made.newestRefusal;
}

}  // namespace clipcourier::videos
