#include "transcoder/sandbox_check.h"

#include <sys/wait.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "transcoder/child_process.h"
#include "transcoder/process.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::chrono::seconds kPatience{20};

std::string outputOf(const std::filesystem::path& program) {
  ChildOptions options;
  options.program = program;
  options.arguments = {"--sandbox-check"};
  const Limits limits;
  options.memory = limits.memory;
  options.output = limits.output;
  options.cpu = kPatience;
  ChildProcess child(options);
  std::string out, err;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (child.read(out, err, std::chrono::milliseconds(100)))
    if (std::chrono::steady_clock::now() > end)
      throw Error(ErrorKind::internal, "the sandbox check does not end");
  const int status = child.wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
    throw Error(ErrorKind::internal, "the sandbox check failed: " + err);
  return out;
}

}  // namespace

SandboxCheck checkSandbox(const std::filesystem::path& program) try {
  SandboxCheck check;
  std::istringstream lines(outputOf(program));
  for (std::string line; std::getline(lines, line);) {
    const auto attempt = nlohmann::json::parse(line);
    if (attempt.contains("switched_off")) {
      check.switchedOff = true;
      return check;
    }
    ++check.attempts;
    if (!attempt.at("refused").get<bool>())
      check.successful.push_back(attempt.at("attempt").get<std::string>());
  }
  if (check.attempts == 0) throw Error(ErrorKind::internal, "the sandbox check says nothing");
  return check;
} catch (const nlohmann::json::exception& error) {
  throw Error(ErrorKind::internal, std::string("the sandbox check's answer: ") + error.what());
}

}  // namespace clipcourier::transcoder
