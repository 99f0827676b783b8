#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "transcoder/report.h"

// What the ffmpeg command makes of a source, to compare our clip with: pictures and sound decoded
// and converted without any code of ours.
namespace clipcourier::transcoder {

// Pictures of a video, small, planar 4:4:4, BT.709 limited range.
struct Pictures {
  int width = 0, height = 0;
  std::vector<std::string> frames;  // the three planes after each other
  std::size_t pixels() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

// The source as it should look: turned, square, at the clip's shape and frame rate, from its first
// picture on. The clip as it is.
Pictures picturesOfSource(const std::filesystem::path& source, const Report& clip);
Pictures picturesOfClip(const std::filesystem::path& clip, const Report& report);

// How alike two pictures are.
struct Likeness {
  double ssim = -1;        // of luma, 1: equal
  double lumaOff = 255;    // difference of the means, in steps of eight bits
  double chromaOff = 255;  // mean difference of the pixels' chroma
};
Likeness likeness(const Pictures& a, std::size_t i, const Pictures& b, std::size_t j);

// By how many frames the clip's pictures come late (+) or early (-), at most `most`: where all of
// its pictures are most like the source's.
int pictureLag(const Pictures& source, const Pictures& clip, int most);

enum class SoundTimes {
  fromFile,  // gaps become silence, overlaps are cut
  counted,   // one sample after the other, whatever the file says
};

// By how many milliseconds the clip's sound comes late (+) or early (-) by its clock,
// compared with the source, in the `fromMs`..`toMs` part of the clip. None when the sound there is
// too quiet or too plain to tell.
std::optional<double> soundLagMs(const std::filesystem::path& source,
                                 const std::filesystem::path& clip, std::int64_t fromMs,
                                 std::int64_t toMs, SoundTimes times);

}  // namespace clipcourier::transcoder
