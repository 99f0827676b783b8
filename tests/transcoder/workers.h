#pragma once

#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "transcoder/files.h"

namespace clipcourier::transcoder {

// Our children that are workers and alive, as their folders in /proc.
inline std::vector<std::filesystem::path> workers() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::istringstream stat(contentOf(entry.path() / "stat"));
    std::string pid, program, state, parent;
    stat >> pid >> program >> state >> parent;
    if (program.starts_with("(clipcourier-tra") && state != "Z" &&
        parent == std::to_string(getpid()))
      found.push_back(entry.path());
  }
  return found;
}

}  // namespace clipcourier::transcoder
