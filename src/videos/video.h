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
// served: the clip of another profile is good enough, so there is none of its own. refused: the
// profile does not take this video, with its choices; failed: we could not.
enum class ClipState { planned, encoding, ready, served, refused, failed, superseded };
std::string_view name(VideoState state);
std::string_view name(ClipState state);

// Bytes in the media store; no hash: none.
struct FileRef {
  std::string sha256;
  ByteSize size;
  explicit operator bool() const { return !sha256.empty(); }
  friend bool operator==(const FileRef&, const FileRef&) = default;
};

// Which picture stands for the video: the best one, the one of a time, or one that was uploaded.
struct PosterWish {
  enum class Kind { best, time, own };
  Kind kind = Kind::best;
  std::int64_t atMs = 0;  // time: of the clip
  FileRef image;          // own
  friend bool operator==(const PosterWish&, const PosterWish&) = default;
};
std::string_view name(PosterWish::Kind kind);

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
  std::int64_t version = 1;  // of the title

  std::string edits = "{}";      // transcoder::Edits as JSON
  FileRef captions, logo;        // what the edits use
  std::int64_t editVersion = 1;  // rises with each change that makes other clips
  PosterWish poster;
  std::int64_t pictureRevision = 1;  // rises with editVersion and with each other wish
  std::string pictureFailure;        // videos::Failure as JSON; empty unless the wish cannot be met
};

// Immutable once ready: a new conversion makes a new clip.
struct Clip {
  ClipId id;
  VideoId videoId;
  std::string profile;
  ClipState state = ClipState::planned;
  std::int64_t editVersion = 1;  // of the video
  std::string servedBy;          // profile; set when served
  // Set when ready (a failed clip may have a report that says why):
  std::string sha256;
  ByteSize size;
  int width = 0, height = 0;
  Millis duration{0};
  std::string format = "mp4";  // "mp4", "webp", "gif"
  std::string report;          // transcoder::Report, its canonical bytes
  std::string reportMac;       // by ClipProof
  std::string failure;         // videos::Failure as JSON; empty unless refused or failed
  TimePoint createdAt;
  std::optional<TimePoint> readyAt;
};

inline bool inWork(const Clip& clip) {
  return clip.state == ClipState::planned || clip.state == ClipState::encoding;
}

}  // namespace clipcourier::videos
