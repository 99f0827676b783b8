#include <signal.h>

#include <chrono>

#include "support/catch.h"
#include "support/wait_for.h"
#include "transcoder/workers.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;
using namespace std::chrono_literals;

namespace {

using SteadyClock = std::chrono::steady_clock;

// A film that takes seconds to convert.
void drawLong(const Folder& folder) {
  draw("-f lavfi -i testsrc2=size=1280x720:rate=30:duration=20 -c:v mpeg4 -q:v 6",
       folder / "source.mp4");
}

void signalWorkers(int signal) {
  for (const auto& worker : workers()) kill(std::stoi(worker.filename().string()), signal);
}

// Converts; `atWork` is called once, in the middle of it. Answers the error it ended with.
std::string errorOf(const Folder& folder, const Limits& limits, const std::function<void()>& atWork,
                    const Cancelled& cancelled = {}) {
  OutputFiles files(folder);
  const Descriptor source = openToRead(folder / "source.mp4");
  Work work = files.work(whatsapp());
  work.inputs.source = source.get();
  bool done = false;
  Listener listener;
  listener.progress = [&](const Progress& progress) {
    if (progress.percent < 8 || done) return;
    done = true;
    atWork();
  };
  try {
    Process(Process::besideThisProgram(), limits).transcode(work, listener, cancelled);
  } catch (const Error& error) {
    CHECK(done);
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE("a worker that stands still is ended when its time is over", "[transcoder]") {
  Folder folder;
  drawLong(folder);
  Limits limits;
  limits.wall = 12s;
  SteadyClock::time_point stopped;
  const auto code = errorOf(folder, limits, [&] {
    signalWorkers(SIGSTOP);
    stopped = SteadyClock::now();
  });
  CHECK(code == "transcoder.timeout");
  CHECK(SteadyClock::now() - stopped < 30s);
  CHECK(workers().empty());
}

TEST_CASE("cancelling ends a conversion at once", "[transcoder]") {
  Folder folder;
  drawLong(folder);
  bool wanted = true;
  SteadyClock::time_point asked;
  const auto code = errorOf(
      folder, {},
      [&] {
        wanted = false;
        asked = SteadyClock::now();
      },
      [&] { return !wanted; });
  CHECK(code == "transcoder.cancelled");
  CHECK(SteadyClock::now() - asked < 5s);
  CHECK(workers().empty());
}

TEST_CASE("a worker that is killed in the middle ends in an error worth another try",
          "[transcoder]") {
  Folder folder;
  drawLong(folder);
  CHECK(errorOf(folder, {}, [] { signalWorkers(SIGKILL); }) == "transcoder.killed");
  CHECK(errorOf(folder, {}, [] { signalWorkers(SIGABRT); }) == "transcoder.crashed");
  CHECK(workers().empty());
}
