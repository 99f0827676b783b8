#include "videos/probe_job.h"

#include <nlohmann/json.hpp>

#include "videos/transcoder_errors.h"
#include "videos/video_repository.h"

namespace clipcourier::videos {
namespace {

VideoId videoOf(const jobs::Lease& lease) { return {lease.subjectId}; }

}  // namespace

jobs::Handler ProbeJob::handler(int threads) {
  return {.kind = kProbeJob,
          .threads = threads,
          .run = [this](jobs::JobContext& context) { run(context); },
          .gaveUp =
              [this](db::Transaction& tx, const jobs::Lease& lease, const jobs::Failure& why) {
                VideoRepository(tx).fail(videoOf(lease), failureFor(why.code), clock_.now());
              }};
}

void ProbeJob::run(jobs::JobContext& context) {
  const VideoId id = videoOf(context.lease());
  std::optional<Video> video;
  context.commit([&](db::Transaction& tx) {
    VideoRepository videos(tx);
    video = videos.find(id);
    if (video) videos.setState(id, VideoState::probing, clock_.now());
  });
  if (!video) return;  // deleted meanwhile
  try {
    const media::OpenFile original = store_.open(video->originalSha256);
    const transcoder::Probe probe =
        transcoder_.probe(original.fd.get(), [&] { return context.cancelled(); });
    const std::string source = safeJson(probe);
    context.finish([&](db::Transaction& tx) {
      const TimePoint now = clock_.now();
      VideoRepository videos(tx);
      if (!videos.setSource(id, source, now)) return;
      addPictures(tx, id, now);
      addClips(tx, videos.get(id), profiles_.forUploads(), now);
      updateState(tx, id, now);
    });
    bell_.ring();
  } catch (const transcoder::RefusedInput& error) {
    refuse(context, error.refusal());
  } catch (const Error& error) {
    rethrowWithinReason(error, context.lease().attempt);
  }
}

// An answer about the file, not a failure of the job.
void ProbeJob::refuse(jobs::JobContext& context, const transcoder::Refusal& refusal) {
  context.finish([&](db::Transaction& tx) {
    VideoRepository(tx).fail(videoOf(context.lease()), toFailure(refusal), clock_.now());
  });
}

}  // namespace clipcourier::videos
