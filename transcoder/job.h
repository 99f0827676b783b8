#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>

#include "transcoder/profile.h"
#include "transcoder/report.h"

// How service and worker talk: one request as JSON on the worker's standard input, answers as JSON
// lines on its standard output, everything else through descriptors with fixed numbers.
namespace clipcourier::transcoder {

inline constexpr int kSourceDescriptor = 3;
inline constexpr int kClipDescriptor = 4;
inline constexpr int kPosterDescriptor = 5;
inline constexpr int kThumbnailDescriptor = 6;
inline constexpr std::size_t kMaxRequestBytes = 32'768;  // fits into a pipe nobody reads yet
inline constexpr std::size_t kMaxLineBytes = 1'048'576;

// Exit codes of the worker, in both of its uses.
inline constexpr int kExitDone = 0;
inline constexpr int kExitDefect = 1;
inline constexpr int kExitRefused = 2;

// Without a profile the source is only probed.
struct Request {
  std::optional<Profile> profile;
};
std::string toLine(const Request& request);
Request parseRequest(const std::string& line);  // throws Error(invalidInput)

// The worker ran into something that is neither the source's fault nor an answer.
struct Failure {
  std::string code;  // "memory", "output", "defect"
  std::string what;
};

using Answer = std::variant<Progress, Probe, Report, Refusal, Failure>;
std::string toLine(const Answer& answer);     // without the line end
Answer parseAnswer(const std::string& line);  // throws Error(internal) for anything unexpected

}  // namespace clipcourier::transcoder
