// clipcourier-transcoder: a video in; a clip, its pictures and its proof out.

#include <malloc.h>

#include <cstdio>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "transcoder/job.h"
#include "transcoder/worker/command_line.h"
#include "transcoder/worker/fonts.h"
#include "transcoder/worker/refusals.h"
#include "transcoder/worker/sandbox.h"
#include "transcoder/worker/sandbox_attempts.h"
#include "transcoder/worker/transcode.h"

extern "C" {
#include <libavutil/log.h>
}

namespace clipcourier::transcoder {
namespace {

void say(const Answer& answer) {
  const std::string line = toLine(answer) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

Listener talking() {
  const auto each = [](const auto& it) { say(it); };
  return {each, each, each, each, each, each};
}

// One request of the service. Nothing is opened: all descriptors were handed over.
int runJob() try {
  std::string line;
  std::getline(std::cin, line);
  const Request request = parseRequest(line);
  if (request.work && request.work->edits.captions) loadFonts();
  enterSandbox();
  if (!request.work) {
    say(probeSource(kSourceDescriptor));
    return kExitDone;
  }
  transcodeSource(*request.work, talking());
  return kExitDone;
} catch (const Refused& refused) {
  say(refused.refusal());
  return kExitRefused;
} catch (const std::bad_alloc&) {
  say(Failure{"memory", "not enough memory"});
  return kExitDefect;
} catch (const Error& error) {
  say(Failure{error.code(), error.what()});
  return kExitDefect;
} catch (const std::exception& error) {
  say(Failure{"defect", error.what()});
  return kExitDefect;
}

}  // namespace
}  // namespace clipcourier::transcoder

int main(int argc, char** argv) {
  using namespace clipcourier::transcoder;
  // Every thread's own arena would count against the memory limit.
  mallopt(M_ARENA_MAX, 2);
  av_log_set_level(AV_LOG_FATAL);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments == std::vector<std::string>{"--job"}) return runJob();
  if (arguments == std::vector<std::string>{"--sandbox-check"}) return trySandbox();
  return runCommandLine(arguments);
}
