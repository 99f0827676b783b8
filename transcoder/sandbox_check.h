#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipcourier::transcoder {

// What `clipcourier-transcoder --sandbox-check` found on this machine.
struct SandboxCheck {
  int attempts = 0;
  std::vector<std::string> successful;  // the attempts that were not refused
  bool switchedOff = false;             // a build with sanitizers has no sandbox
};

// Runs it. Throws Error(unavailable) when it cannot be run, Error(internal) when it does not
// answer.
SandboxCheck checkSandbox(const std::filesystem::path& program);

}  // namespace clipcourier::transcoder
