#include "videos/video_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/video_repository.h"
#include "videos/video_state.h"

namespace clipcourier::videos {
namespace {

constexpr int kProbed = 10;  // per cent of the whole that the probe is worth

Words wordsFor(VideoState state) {
  switch (state) {
    case VideoState::uploading: return {"Das Video wird hochgeladen", "Uploading the video"};
    case VideoState::uploaded: return {"Wartet auf die Prüfung", "Waiting to be checked"};
    case VideoState::probing: return {"Das Video wird geprüft", "Checking the video"};
    case VideoState::transcoding: return {"Clips werden erstellt", "Making the clips"};
    case VideoState::ready: return {"Fertig", "Ready"};
    case VideoState::failed: return {"Fehlgeschlagen", "Failed"};
  }
  return {};
}

Words wordsFor(ClipState state) {
  switch (state) {
    case ClipState::planned: return {"Wartet", "Waiting"};
    case ClipState::encoding: return {"Wird erstellt", "Being made"};
    case ClipState::ready: return {"Fertig", "Ready"};
    case ClipState::served:
      return {"Nicht nötig: ein anderer Clip ist gut genug",
              "Not needed: another clip does as well"};
    case ClipState::refused:
      return {"Für dieses Profil nicht möglich", "Not possible for this profile"};
    case ClipState::failed: return {"Fehlgeschlagen", "Failed"};
    case ClipState::superseded: return {"Ersetzt", "Replaced"};
  }
  return {};
}

void addJob(Progress& progress, const std::optional<jobs::Job>& job) {
  if (!job) return;
  if (job->state == jobs::JobState::running) {
    progress.percent = job->percent;
    if (!job->progress.en.empty()) progress.words = job->progress;
  } else if (job->state == jobs::JobState::waiting && !job->failure.code.empty()) {
    progress.retryAt = job->dueAt;
    progress.lastError = job->failure.code;
    progress.words = {"Wartet auf den nächsten Versuch", "Waiting for the next attempt"};
  }
}

bool inWork(const Clip& clip) {
  return clip.state == ClipState::planned || clip.state == ClipState::encoding;
}

bool isMade(const Clip& clip) {
  return clip.state == ClipState::ready || clip.state == ClipState::served;
}

ClipView viewOfClip(Clip clip, const std::optional<jobs::Job>& job) {
  Progress progress{isMade(clip) ? 100 : 0, wordsFor(clip.state), {}, {}};
  if (inWork(clip)) addJob(progress, job);
  return {std::move(clip), std::move(progress)};
}

// A video whose first clip is there is ready, and says that others are still being made.
Progress whileTranscoding(const Video& video, const std::optional<jobs::Job>& job) {
  Progress progress{0, wordsFor(VideoState::transcoding), {}, {}};
  if (video.state == VideoState::ready)
    progress.words = {"Fertig; weitere Clips werden noch erstellt",
                      "Ready; further clips are still being made"};
  const Words ready = progress.words;
  addJob(progress, job);
  if (video.state == VideoState::ready && !progress.retryAt) progress.words = ready;
  progress.percent = kProbed + progress.percent * (100 - kProbed) / 100;
  return progress;
}

Progress progressOf(db::Connection& connection, const Video& video,
                    const std::vector<ClipView>& clips, const std::optional<jobs::Job>& job) {
  const bool working =
      std::ranges::any_of(clips, [](const ClipView& view) { return inWork(view.clip); });
  if (working) return whileTranscoding(video, job);
  Progress progress{video.state == VideoState::ready ? 100 : 0, wordsFor(video.state), {}, {}};
  if (video.state == VideoState::uploaded || video.state == VideoState::probing)
    addJob(progress, jobs::JobList(connection).latest(kProbeJob, video.id.value));
  progress.percent = video.state == VideoState::ready ? 100 : progress.percent * kProbed / 100;
  return progress;
}

// The profiles in the order in which they were first planned, of each the newest clip first.
void sortByPlan(std::vector<Clip>& newestFirst) {
  std::map<std::string, std::int64_t> first;
  for (const Clip& clip : newestFirst) first[clip.profile] = clip.id.value;
  std::ranges::stable_sort(newestFirst, {},
                           [&](const Clip& clip) { return first.at(clip.profile); });
}

}  // namespace

VideoView viewOf(db::Connection& connection, Video video) {
  VideoView view{std::move(video), {}, {}, {}, {}};
  const VideoId id = view.video.id;
  const auto job = jobs::JobList(connection).latest(kTranscodeJob, id.value);
  std::set<std::string> seen;
  std::vector<Clip> clips = ClipRepository(connection).ofVideo(id);
  sortByPlan(clips);
  for (Clip& clip : clips) {
    const bool newest = seen.insert(clip.profile).second;
    if (newest || clip.state == ClipState::ready)
      view.clips.push_back(viewOfClip(std::move(clip), job));
  }
  view.progress = progressOf(connection, view.video, view.clips, job);
  view.sameOriginal = VideoRepository(connection).sameOriginal(view.video);
  PictureRepository pictures(connection);
  view.pictures = pictures.current(id, pictures.newestWithPosters(id, view.video.editVersion));
  return view;
}

}  // namespace clipcourier::videos
