#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/id.h"

// Plain values: a product video, and the clips made of it.
namespace clipcourier::videos {

enum class VideoState { uploading, uploaded, probing, transcoding, ready, failed };
enum class ClipState { planned, encoding, ready, failed, superseded };
std::string_view name(VideoState state);
std::string_view name(ClipState state);

struct Video {
  VideoId id;
  std::string title;
  std::string filename;  // as the uploader's computer called it, without folders
  VideoState state = VideoState::uploaded;
  std::string originalSha256;
  ByteSize originalSize;
  std::string source;   // transcoder::Probe as JSON; empty until it was probed
  std::string failure;  // videos::Failure as JSON; empty unless failed
  TimePoint createdAt, updatedAt;
  std::int64_t version = 1;  // of what people edit: the title
};

// A picture beside a clip, in the media store.
struct Picture {
  std::string sha256;
  ByteSize size;
};

// Immutable once ready: a new conversion makes a new clip.
struct Clip {
  ClipId id;
  VideoId videoId;
  std::string profile;
  ClipState state = ClipState::planned;
  // Set when ready (a failed clip may have a report that says why):
  std::string sha256;
  ByteSize size;
  int width = 0, height = 0;
  Millis duration{0};
  Picture poster, thumbnail;
  std::string report;     // transcoder::Report, its canonical bytes
  std::string reportMac;  // by ClipProof
  std::string failure;    // videos::Failure as JSON; empty unless failed
  TimePoint createdAt;
  std::optional<TimePoint> readyAt;
};

}  // namespace clipcourier::videos
