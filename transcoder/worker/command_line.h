#pragma once

#include <string>
#include <vector>

namespace clipcourier::transcoder {

// The stand-alone use: opens what is named, prints JSON on standard output and progress on standard
// error. Answers the exit code.
int runCommandLine(const std::vector<std::string>& arguments);

}  // namespace clipcourier::transcoder
