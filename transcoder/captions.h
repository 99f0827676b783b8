#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Captions as they were written, before anything is drawn. No libav here.
namespace clipcourier::transcoder {

inline constexpr std::size_t kMaxCaptionBytes = 2'000'000;  // of one file
inline constexpr std::size_t kMaxCaptions = 20'000;
inline constexpr std::size_t kMaxCaptionText = 2'000;  // bytes shown at a time
inline constexpr std::int64_t kMaxCaptionMs = 100 * 3'600'000LL;

// A run of text in one style: valid UTF-8 without control characters, but for '\n'.
struct CaptionSpan {
  std::string text;
  bool bold = false, italic = false;
  friend bool operator==(const CaptionSpan&, const CaptionSpan&) = default;
};

// Where a caption wants to stand; by default in the middle at the bottom.
struct CaptionPlace {
  enum class Align { left, centre, right };
  Align align = Align::centre;
  std::optional<int> xPercent;  // of the width: the point the text is aligned to
  std::optional<int> yPercent;  // of the height: the top of the text; 0 is the upper edge
  friend bool operator==(const CaptionPlace&, const CaptionPlace&) = default;
};

struct Caption {
  std::int64_t startMs = 0, endMs = 0;  // shown in [start, end); end is later than start
  std::vector<CaptionSpan> spans;       // never empty
  CaptionPlace place;
  friend bool operator==(const Caption&, const Caption&) = default;
};

std::string plainText(const Caption& caption);

// By start, in the order they were written. `format`: "srt" or "webvtt".
// Throws Error(invalidInput) code "captions.invalid"; details() name the lines ("line 12"), at most
// twenty.
std::vector<Caption> parseCaptions(std::string_view bytes, const std::string& format);

}  // namespace clipcourier::transcoder
