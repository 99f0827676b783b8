#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/catch.h"
#include "support/skip.h"
#include "transcoder/files.h"
#include "transcoder/workers.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

#ifdef CLIPCOURIER_SANITIZE
constexpr bool kSandboxed = false;
#else
constexpr bool kSandboxed = true;
#endif

bool has(const std::string& status, const std::string& line) {
  return status.find("\n" + line + "\n") != status.npos;
}

}  // namespace

TEST_CASE("inside of the sandbox no file, socket, process or code can be had, by trying",
          "[transcoder][sandbox]") {
  if (!kSandboxed) return skipTest("sanitizers run without the sandbox");
  std::istringstream lines(outputOf(Process::besideThisProgram().string() + " --sandbox-check"));
  std::map<std::string, std::string> outside;
  for (std::string line; std::getline(lines, line);) {
    const auto attempt = nlohmann::json::parse(line);
    INFO(line);
    CHECK(attempt["refused"] == true);
    outside[attempt["attempt"]] = attempt["outside"];
  }
  CHECK(outside.size() >= 38);
  // The attempts are real ones: without the sandbox they get what they want.
  for (const char* name : {"open a file to read", "open a file to write", "open", "look at a file",
                           "socket", "connect", "send", "fork", "vfork", "clone", "run a program",
                           "run an open program", "signal another process", "file in memory",
                           "memory with code", "memory made code", "change a limit"})
    CHECK(outside[name] == "done");
}

TEST_CASE("every thread of a working worker is in the sandbox", "[transcoder][sandbox]") {
  if (!kSandboxed) return skipTest("sanitizers run without the sandbox");
  Folder folder;
  draw("-f lavfi -i testsrc2=size=640x360:rate=25:duration=3 -c:v mpeg4", folder / "source.mp4");
  OutputFiles files(folder);
  std::size_t most = 0;
  const auto look = [&](const Progress&) {
    std::size_t seen = 0;
    for (const auto& worker : workers()) {
      std::error_code gone;
      for (const auto& thread : std::filesystem::directory_iterator(worker / "task", gone)) {
        const std::string status = contentOf(thread.path() / "status");
        if (status.empty() || has(status, "State:\tZ (zombie)")) continue;
        ++seen;
        INFO(status);
        CHECK(has(status, "Seccomp:\t2"));
        CHECK(has(status, "NoNewPrivs:\t1"));
      }
    }
    most = std::max(most, seen);
  };
  const Descriptor source = openToRead(folder / "source.mp4");
  Work work = files.work(whatsapp());
  work.inputs.source = source.get();
  Listener listener;
  listener.progress = look;
  Process().transcode(work, listener);
  CHECK(most > 1);
}
