#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/words.h"
#include "jobs/job.h"
#include "videos/video.h"

namespace clipcourier::videos {

// How far something is, for people.
struct Progress {
  int percent = 0;
  Words words;
  std::optional<TimePoint> retryAt;  // the last attempt failed; the next comes then
  std::string lastError;             // code of that attempt
};

// The jobs that are open about a video, the youngest first.
struct OpenJobs {
  std::vector<jobs::Job> probes, transcodes, pictures;
};

Progress progressOf(const Clip& clip, const OpenJobs& jobs);
// Of all its newest clips, each counting the same. `newestFirst`: all clips of the video.
Progress progressOf(const Video& video, const std::vector<Clip>& newestFirst, const OpenJobs& jobs);

}  // namespace clipcourier::videos
