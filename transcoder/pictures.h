#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

// The pictures that belong to a video: posters to choose from, and what a player's scrubber and a
// list show of it. Plain values with JSON; no libav here. Times are milliseconds of the clip.
namespace clipcourier::transcoder {

inline constexpr int kPosterLongSide = 1280;  // pixels; nothing is ever enlarged
inline constexpr int kThumbnailLongSide = 320;
inline constexpr std::uint64_t kPosterLimitBytes = 1'000'000;
inline constexpr std::uint64_t kThumbnailLimitBytes = 200'000;
inline constexpr std::uint64_t kPreviewLimitBytes = 300'000;
inline constexpr int kMaxCandidates = 9;

// A finished picture. One that was not wanted has no bytes.
struct PictureFile {
  int width = 0, height = 0;
  std::uint64_t bytes = 0;
  std::string sha256;       // hexadecimal
  std::int64_t timeMs = 0;  // where in the clip it was taken
  friend bool operator==(const PictureFile&, const PictureFile&) = default;
};

// A moment that would stand for the video.
struct Candidate {
  std::int64_t timeMs = 0;
  int score = 0;  // 0..1000, more is better
  PictureFile thumbnail;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct Posters {
  PictureFile poster;                 // JPEG, long side at most kPosterLongSide
  PictureFile posterWebp;             // the same picture as WebP
  PictureFile thumbnail;              // JPEG, at most kThumbnailLongSide and kThumbnailLimitBytes
  PictureFile badge;                  // JPEG with a play sign, for the bubble of a link
  std::vector<Candidate> candidates;  // in the order of their time
  int chosen = -1;                    // of candidates; -1: a chosen time or an own picture
  friend bool operator==(const Posters&, const Posters&) = default;
};

struct Extras {
  PictureFile storyboard;     // JPEG of small pictures in rows
  std::string storyboardVtt;  // which part of it stands for which time: "storyboard.jpg#xywh=..."
  PictureFile preview;        // animated WebP of a few seconds
  friend bool operator==(const Extras&, const Extras&) = default;
};

void to_json(nlohmann::json& json, const PictureFile& file);
void from_json(const nlohmann::json& json, PictureFile& file);
void to_json(nlohmann::json& json, const Candidate& candidate);
void from_json(const nlohmann::json& json, Candidate& candidate);
void to_json(nlohmann::json& json, const Posters& posters);
void from_json(const nlohmann::json& json, Posters& posters);
void to_json(nlohmann::json& json, const Extras& extras);
void from_json(const nlohmann::json& json, Extras& extras);

}  // namespace clipcourier::transcoder
