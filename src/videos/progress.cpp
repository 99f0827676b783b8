#include "videos/progress.h"

#include <algorithm>
#include <set>

#include "videos/video_state.h"

namespace clipcourier::videos {
namespace {

constexpr int kProbed = 10;     // per cent of the whole that the probe is worth
constexpr int kClipsMade = 99;  // the poster is missing

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

bool isMade(const Clip& clip) {
  return clip.state == ClipState::ready || clip.state == ClipState::served;
}

// Where several jobs work, one that runs says what is done, and the next attempt of the others is
// told beside it.
void addWords(Progress& progress, const std::vector<const jobs::Job*>& jobs) {
  bool running = false;
  for (const jobs::Job* job : jobs) {
    if (job->state != jobs::JobState::running) continue;
    running = true;
    if (!job->progress.en.empty()) progress.words = job->progress;
  }
  for (const jobs::Job* job : jobs) {
    if (job->state != jobs::JobState::waiting || job->failure.code.empty()) continue;
    if (progress.retryAt && *progress.retryAt <= job->dueAt) continue;
    progress.retryAt = job->dueAt;
    progress.lastError = job->failure.code;
    if (!running)
      progress.words = {"Wartet auf den nächsten Versuch", "Waiting for the next attempt"};
  }
}

int percentOf(const jobs::Job& job) {
  return job.state == jobs::JobState::running ? job.percent : 0;
}

const jobs::Job* jobOf(const Clip& clip, const OpenJobs& jobs) {
  const auto found = std::ranges::find_if(
      jobs.transcodes, [&](const jobs::Job& job) { return parseOrder(job.payload).has(clip.id); });
  return found == jobs.transcodes.end() ? nullptr : &*found;
}

// Of a clip in work: a job counts all of its clips, of which some may be done.
double shareOf(const jobs::Job& job, const std::vector<Clip>& clips) {
  const ClipOrder order = parseOrder(job.payload);
  double done = 0, open = 0;
  for (const Clip& clip : clips)
    if (inWork(clip) && order.has(clip.id))
      ++open;
    else if (order.clips && order.has(clip.id))
      ++done;
  return std::clamp(((done + open) * percentOf(job) - 100 * done) / std::max(open, 1.0), 0.0,
                    100.0);
}

// Of a video whose first clip is there.
Words wordsWhenReady(const Video& video, const std::vector<Clip>& newestFirst, bool working) {
  if (refusedEdits(newestFirst, video.editVersion))
    return {"Fertig mit älteren Änderungen; die neuesten ergaben keinen Clip",
            "Ready with older edits; the newest gave no clip"};
  if (working)
    return {"Fertig; weitere Clips werden noch erstellt",
            "Ready; further clips are still being made"};
  return wordsFor(VideoState::ready);
}

Progress whileTranscoding(const Video& video, const std::vector<Clip>& newestFirst,
                          const OpenJobs& jobs) {
  std::vector<const jobs::Job*> working;
  std::set<std::string> seen;
  double sum = 0;
  for (const Clip& clip : newestFirst) {
    if (!seen.insert(clip.profile).second) continue;
    const jobs::Job* job = inWork(clip) ? jobOf(clip, jobs) : nullptr;
    if (job) working.push_back(job);
    sum += job ? shareOf(*job, newestFirst) : inWork(clip) ? 0 : 100;
  }
  Progress progress{0, wordsFor(VideoState::transcoding), {}, {}};
  addWords(progress, working);
  if (video.state == VideoState::ready && !progress.retryAt)
    progress.words = wordsWhenReady(video, newestFirst, true);
  const double share = sum / static_cast<double>(std::max<std::size_t>(seen.size(), 1));
  progress.percent = kProbed + static_cast<int>(share * (100 - kProbed) / 100);
  return progress;
}

Progress whilePosterIsMade(const OpenJobs& jobs) {
  Progress progress{kClipsMade, {"Das Vorschaubild wird erstellt", "Making the poster"}, {}, {}};
  if (!jobs.pictures.empty()) addWords(progress, {&jobs.pictures.front()});
  return progress;
}

}  // namespace

Progress progressOf(const Clip& clip, const OpenJobs& jobs) {
  Progress progress{isMade(clip) ? 100 : 0, wordsFor(clip.state), {}, {}};
  const jobs::Job* job = inWork(clip) ? jobOf(clip, jobs) : nullptr;
  if (!job) return progress;
  progress.percent = percentOf(*job);
  addWords(progress, {job});
  return progress;
}

Progress progressOf(const Video& video, const std::vector<Clip>& newestFirst,
                    const OpenJobs& jobs) {
  if (std::ranges::any_of(newestFirst, inWork)) return whileTranscoding(video, newestFirst, jobs);
  if (video.state == VideoState::ready)
    return {100, wordsWhenReady(video, newestFirst, false), {}, {}};
  if (video.state == VideoState::transcoding) return whilePosterIsMade(jobs);
  Progress progress{0, wordsFor(video.state), {}, {}};
  const bool probing = video.state == VideoState::uploaded || video.state == VideoState::probing;
  if (!probing || jobs.probes.empty()) return progress;
  progress.percent = percentOf(jobs.probes.front()) * kProbed / 100;
  addWords(progress, {&jobs.probes.front()});
  return progress;
}

}  // namespace clipcourier::videos
