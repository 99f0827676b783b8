#include "videos/transcode_job.h"

#include <algorithm>

#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/transcoder_errors.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

VideoId videoOf(const jobs::Lease& lease) { return {lease.subjectId}; }

std::vector<Clip> clipsOf(db::Connection& connection, const jobs::Lease& lease) {
  const ClipOrder order = parseOrder(lease.payload);
  std::vector<Clip> clips = ClipRepository(connection).inWork(videoOf(lease));
  std::erase_if(clips, [&](const Clip& clip) { return !order.has(clip.id); });
  return clips;
}

bool hasPosterWished(const std::vector<VideoPicture>& pictures, const Video& video) {
  return std::ranges::any_of(pictures, [&](const VideoPicture& picture) {
    return picture.kind == PictureKind::poster && picture.revision == video.pictureRevision;
  });
}

bool isOpen(const jobs::Job& job) {
  return job.state == jobs::JobState::waiting || job.state == jobs::JobState::running;
}

// Whether the poster is missing and no other job is to make it: a wish or edits that came while
// this one ran must not be told its failure.
bool owesPoster(db::Connection& connection, const Video& video, const jobs::Lease& lease) {
  jobs::JobList jobs(connection);
  if (jobs.cancelRequested(lease)) return false;
  if (lease.kind != kPicturesJob) return false;
  const auto newest = jobs.latest(kPicturesJob, video.id.value);
  if (newest && newest->id != lease.id && isOpen(*newest)) return false;
  return !hasPosterWished(PictureRepository(connection).current(video.id, video.editVersion),
                          video);
}

bool has(const std::vector<VideoPicture>& pictures, PictureKind kind) {
  return std::ranges::find(pictures, kind, &VideoPicture::kind) != pictures.end();
}

}  // namespace

jobs::Handler TranscodeJob::clipsHandler(int threads) {
  return handler(kTranscodeJob, threads, Scope::clips);
}

jobs::Handler TranscodeJob::picturesHandler(int threads) {
  return handler(kPicturesJob, threads, Scope::posters);
}

jobs::Handler TranscodeJob::handler(const char* kind, int threads, Scope scope) {
  return {.kind = kind,
          .threads = threads,
          .run = [this, scope](jobs::JobContext& context) { run(context, scope); },
          .gaveUp = [this](db::Transaction& tx, const jobs::Lease& lease,
                           const jobs::Failure& why) { gaveUp(tx, lease, failureFor(why.code)); }};
}

void TranscodeJob::run(jobs::JobContext& context, Scope scope) {
  const auto missing = begin(context, scope);
  if (!missing) return;  // removed meanwhile, or made before a crash
  try {
    TranscodeRun(parts_, context, *missing).go();
  } catch (const transcoder::RefusedInput& error) {
    refuse(context, toFailure(error.refusal()));
  } catch (const Error& error) {
    rethrowWithinReason(error, context.lease().attempt);
  }
}

std::optional<Missing> TranscodeJob::begin(jobs::JobContext& context, Scope scope) const {
  std::optional<Missing> found;
  context.commit([&](db::Transaction& tx) {
    found.reset();
    const auto video = VideoRepository(tx).find(videoOf(context.lease()));
    if (!video) return;
    Missing missing;
    missing.video = *video;
    missing.clips = clipsOf(tx, context.lease());
    for (const Clip& clip : missing.clips) ClipRepository(tx).setEncoding(clip.id);
    const auto pictures = PictureRepository(tx).current(video->id, video->editVersion);
    missing.posters = scope == Scope::posters && !hasPosterWished(pictures, *video) &&
                      video->pictureFailure.empty();
    missing.candidates = scope == Scope::posters && !has(pictures, PictureKind::candidate);
    missing.extras = scope == Scope::clips && !has(pictures, PictureKind::storyboard);
    if (!missing.nothing()) found = std::move(missing);
  });
  return found;
}

// An answer about the file, not a failure of the job.
void TranscodeJob::refuse(jobs::JobContext& context, const Failure& failure) const {
  context.finish([&](db::Transaction& tx) {
    const VideoId id = videoOf(context.lease());
    const auto clips = clipsOf(tx, context.lease());
    for (const Clip& clip : clips) ClipRepository(tx).refuse(clip.id, failure);
    const auto video = VideoRepository(tx).find(id);
    if (!video) return;
    if (owesPoster(tx, *video, context.lease())) {
      VideoRepository(tx).setPictureFailure(id, failure);
      // A poster of one's own that cannot be read does not cost the others to choose from.
      if (video->poster.kind == PosterWish::Kind::own && video->pictureFailure.empty())
        addPictures(tx, id, parts_.clock.now());
    }
    updateState(tx, id, parts_.clock.now());
  });
}

void TranscodeJob::gaveUp(db::Transaction& tx, const jobs::Lease& lease,
                          const Failure& failure) const {
  const VideoId id = videoOf(lease);
  // Cancelled work was replaced by other work, or ends with its video.
  const bool cancelled = failure.code == "job.cancelled";
  // An order that names no clips would take those that replaced its own.
  std::vector<Clip> clips;
  if (!cancelled || parseOrder(lease.payload).clips) clips = clipsOf(tx, lease);
  for (const Clip& clip : clips) ClipRepository(tx).fail(clip.id, failure, {});
  const auto video = VideoRepository(tx).find(id);
  if (!video) return;
  if (owesPoster(tx, *video, lease)) VideoRepository(tx).setPictureFailure(id, failure);
  updateState(tx, id, parts_.clock.now());
}

}  // namespace clipcourier::videos
