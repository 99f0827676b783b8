#pragma once

#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "media/media_store.h"
#include "transcoder/process.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

// Finds out what an uploaded file is; then plans a clip for each profile, or says why there can be
// none. A killed process repeats it.
class ProbeJob {
 public:
  // Borrows its arguments; they must outlive it.
  ProbeJob(const media::MediaStore& store, const transcoder::Process& transcoder,
           const Profiles& profiles, const Clock& clock, jobs::Bell& bell)
      : store_(store), transcoder_(transcoder), profiles_(profiles), clock_(clock), bell_(bell) {}

  jobs::Handler handler(int threads);

 private:
  void run(jobs::JobContext& context);
  void refuse(jobs::JobContext& context, const transcoder::Refusal& refusal);

  const media::MediaStore& store_;
  const transcoder::Process& transcoder_;
  const Profiles& profiles_;
  const Clock& clock_;
  jobs::Bell& bell_;
};

}  // namespace clipcourier::videos
