#pragma once

#include "jobs/job_runner.h"
#include "media/media_store.h"
#include "transcoder/process.h"
#include "videos/clip_proof.h"
#include "videos/failure.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

// Makes one clip of a video for one profile: encodes it in the transcoder's process, stores clip
// and pictures under their hashes, then commits the clip with its proof. A killed process repeats
// it; files it had stored by then are found again under the same hash, or are left to be cleaned.
class TranscodeJob {
 public:
  // Borrows its arguments; they must outlive it.
  TranscodeJob(media::MediaStore& store, const transcoder::Process& transcoder,
               const Profiles& profiles, const ClipProof& proof, const Clock& clock)
      : store_(store), transcoder_(transcoder), profiles_(profiles), proof_(proof), clock_(clock) {}

  jobs::Handler handler(int threads);

 private:
  void run(jobs::JobContext& context);
  void convert(jobs::JobContext& context, Clip clip, const Video& video);
  const transcoder::Profile& profileOf(const Clip& clip) const;
  void fail(jobs::JobContext& context, const Clip& clip, const Failure& failure,
            const std::string& report);

  media::MediaStore& store_;
  const transcoder::Process& transcoder_;
  const Profiles& profiles_;
  const ClipProof& proof_;
  const Clock& clock_;
};

}  // namespace clipcourier::videos
