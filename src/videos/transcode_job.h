#pragma once

#include "jobs/job_runner.h"
#include "media/media_store.h"
#include "transcoder/process.h"
#include "videos/clip_proof.h"
#include "videos/failure.h"
#include "videos/transcode_run.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

// Makes what is missing of a video: the clips that were planned, in one run of the transcoder, and
// beside them its poster. A killed process repeats it for what is still missing then.
class TranscodeJob {
 public:
  // Borrows its arguments; they must outlive it.
  TranscodeJob(media::MediaStore& store, const transcoder::Process& transcoder,
               const Profiles& profiles, const ClipProof& proof, const Clock& clock)
      : parts_{store, transcoder, profiles, proof, clock} {}

  jobs::Handler clipsHandler(int threads);
  // The poster and its candidates, seen at once however long the clips of all videos take.
  jobs::Handler picturesHandler(int threads);

 private:
  enum class Scope { clips, posters };
  jobs::Handler handler(const char* kind, int threads, Scope scope);
  void run(jobs::JobContext& context, Scope scope);
  std::optional<Missing> begin(jobs::JobContext& context, Scope scope) const;
  void refuse(jobs::JobContext& context, const Failure& failure) const;
  void gaveUp(db::Transaction& tx, const jobs::Lease& lease, const Failure& failure) const;

  const TranscodeRun::Parts parts_;
};

}  // namespace clipcourier::videos
