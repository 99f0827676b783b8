// A whole source through demuxers and decoders, as the worker looks at an upload.

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "fuzz/input.h"
#include "transcoder/worker/examine.h"
#include "transcoder/worker/refusals.h"

extern "C" {
#include <libavutil/log.h>
}

using namespace clipcourier::transcoder;

// A file in memory that starts with the input at each run.
static int fileWith(std::string_view input) {
  static const int fd = memfd_create("source", 0);
  if (fd < 0 || ftruncate(fd, 0) != 0 ||
      pwrite(fd, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()))
    abort();
  return fd;
}

FUZZ(input) {
  av_log_set_level(AV_LOG_QUIET);
  try {
    const Source source = examine(fileWith(input));
    require(source.probe.video.width > 0 && source.probe.video.height > 0);
    require(source.probe.durationMs >= 0);
    require(source.probe.bytes == input.size());
  } catch (const Refused& refused) {
    require(!refused.refusal().code.empty() && !refused.refusal().hint.en.empty());
  } catch (const std::bad_alloc&) {  // the job ends in "not enough memory"
  }
}
