#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "transcoder/edits.h"
#include "transcoder/pictures.h"
#include "transcoder/profile.h"
#include "transcoder/report.h"

// How service and worker talk: one request as JSON on the worker's standard input, answers as JSON
// lines on its standard output, everything else through descriptors that were handed over.
namespace clipcourier::transcoder {

inline constexpr int kSourceDescriptor = 3;
inline constexpr std::size_t kMaxRequestBytes = 32'768;  // fits into a pipe nobody reads yet
inline constexpr std::size_t kMaxLineBytes = 1'048'576;
inline constexpr std::size_t kMaxRenditions = 16;
inline constexpr std::size_t kMaxHanded = 48;  // descriptors one worker may get

// Exit codes of the worker, in both of its uses.
inline constexpr int kExitDone = 0;
inline constexpr int kExitDefect = 1;
inline constexpr int kExitRefused = 2;

// Descriptors are numbers of the process that holds the value: the service's own in what it asks
// for, the worker's in what the worker reads. -1: not there, or not wanted. All name regular files;
// outputs are empty and open for reading and writing. They are borrowed.
struct Inputs {
  int source = kSourceDescriptor;
  int captions = -1;     // text, of the kind that Edits::captions names
  int logo = -1;         // a picture, when Edits::logo is there
  int posterImage = -1;  // used in place of a picture of the video
};

struct PictureOutputs {
  int poster = -1;              // JPEG
  int posterWebp = -1;          // the same as WebP
  int thumbnail = -1;           // JPEG
  int badge = -1;               // JPEG with a play badge
  std::vector<int> candidates;  // JPEG thumbnails of what else could be the poster
  int storyboard = -1;          // JPEG
  int preview = -1;             // animated WebP

  bool anyPoster() const;  // what comes before the first clip
  bool anyExtra() const;   // what comes after the last
};

struct Rendition {
  Profile profile;
  int clip = -1;
};

// Everything that is wanted of one source. Renditions are made in their order; no two have a
// profile of the same name.
struct Work {
  Inputs inputs;
  Edits edits;
  std::vector<Rendition> renditions;
  PictureOutputs pictures;
  std::optional<std::int64_t> posterAtMs;  // in the clip's time; none: the best picture
};

// Calls `visit(int& descriptor)` for each that there is (none for -1), always in the same order.
void eachDescriptor(Work& work, const std::function<void(int&)>& visit);

// Without work the source is only probed.
struct Request {
  std::optional<Work> work;
};
std::string toLine(const Request& request);
Request parseRequest(const std::string& line);  // throws Error(invalidInput)

// One rendition cannot be made of this source; the others can.
struct RenditionRefused {
  std::string profile;
  Refusal refusal;
};

// Nothing was encoded: the clip that was made for profile `by` is as good as one of its own.
struct RenditionServed {
  std::string profile, by;
};

// The worker ran into something that is neither the source's fault nor an answer.
struct Failure {
  std::string code;  // "memory"; "full", "output": what was to be written; "defect"
  std::string what;
};

// Probe, Refusal (of the whole source) and Failure end the talk. Of each rendition comes one of
// Report, RenditionRefused and RenditionServed, of wanted pictures Posters and Extras.
using Answer = std::variant<Progress, Probe, Posters, Report, RenditionRefused, RenditionServed,
                            Extras, Refusal, Failure>;
std::string toLine(const Answer& answer);     // without the line end
Answer parseAnswer(const std::string& line);  // throws Error(internal) for anything unexpected

}  // namespace clipcourier::transcoder
