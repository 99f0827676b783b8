#include "videos/video_view.h"

#include <set>

#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
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

ClipView viewOfClip(db::Connection& connection, Clip clip) {
  Progress progress{clip.state == ClipState::ready ? 100 : 0, wordsFor(clip.state), {}, {}};
  if (clip.state == ClipState::planned || clip.state == ClipState::encoding)
    addJob(progress, jobs::JobList(connection).latest(kTranscodeJob, clip.id.value));
  return {std::move(clip), std::move(progress)};
}

bool inWork(const ClipView& view) {
  return view.clip.state == ClipState::planned || view.clip.state == ClipState::encoding;
}

Progress whileTranscoding(const std::vector<ClipView>& clips) {
  Progress progress{0, wordsFor(VideoState::transcoding), {}, {}};
  int count = 0, sum = 0;
  for (const ClipView& view : clips) {
    if (!inWork(view)) continue;
    ++count;
    sum += view.progress.percent;
    // With one clip in work its words say more than ours.
    progress.words = count == 1 ? view.progress.words : wordsFor(VideoState::transcoding);
    if (view.progress.retryAt) {
      progress.retryAt = view.progress.retryAt;
      progress.lastError = view.progress.lastError;
    }
  }
  progress.percent = kProbed + (count > 0 ? sum * (100 - kProbed) / (100 * count) : 0);
  return progress;
}

Progress progressOf(db::Connection& connection, const Video& video,
                    const std::vector<ClipView>& clips) {
  if (video.state == VideoState::transcoding) return whileTranscoding(clips);
  Progress progress{video.state == VideoState::ready ? 100 : 0, wordsFor(video.state), {}, {}};
  if (video.state == VideoState::uploaded || video.state == VideoState::probing)
    addJob(progress, jobs::JobList(connection).latest(kProbeJob, video.id.value));
  progress.percent = video.state == VideoState::ready ? 100 : progress.percent * kProbed / 100;
  return progress;
}

}  // namespace

VideoView viewOf(db::Connection& connection, Video video) {
  VideoView view{std::move(video), {}, {}, {}};
  std::set<std::string> seen;
  for (Clip& clip : ClipRepository(connection).ofVideo(view.video.id)) {
    const bool newest = seen.insert(clip.profile).second;
    if (newest || clip.state == ClipState::ready)
      view.clips.push_back(viewOfClip(connection, std::move(clip)));
  }
  view.progress = progressOf(connection, view.video, view.clips);
  view.sameOriginal = VideoRepository(connection).sameOriginal(view.video);
  return view;
}

}  // namespace clipcourier::videos
