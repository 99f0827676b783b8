#pragma once

#include <optional>
#include <set>
#include <string>

#include "transcoder/report.h"
#include "transcoder/worker/boxes.h"
#include "transcoder/worker/h264.h"

namespace clipcourier::transcoder {

// What a finished clip really is: boxes from our own parser, slices from the bits, pictures and
// sound from decoding all of it.
struct Measured {
  Mp4 mp4;
  AvcConfig avc;
  SliceCounts slices;
  std::uint64_t bytes = 0;
  std::string sha256;

  std::string videoCodec, audioCodec, audioProfile;
  int videoTracks = 0, audioTracks = 0, otherTracks = 0;
  int width = 0, height = 0;
  std::set<std::string> pixelFormats, colours, aspects;  // of every decoded frame
  std::int64_t packets = 0, frames = 0, interlacedFrames = 0;
  int decodeErrors = 0, soundErrors = 0;
  int channels = 0, sampleRate = 0;
  std::int64_t videoStartUs = 0, videoEndUs = 0;
  std::int64_t soundStartUs = 0, soundEndUs = 0;
  std::set<std::string> tags;  // metadata keys libav finds
};

Measured measure(int fd);  // throws Error, Refused

}  // namespace clipcourier::transcoder
