#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "transcoder/report.h"

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

struct CaptionMistake {
  std::size_t line = 0;  // from 1
  Words what;            // "kein UTF-8", "is not UTF-8"
};

// invalidInput, code "captions.invalid"; details() name the lines ("line 12") in English.
class CaptionError : public Error {
 public:
  explicit CaptionError(std::vector<CaptionMistake> mistakes);  // at least one
  const std::vector<CaptionMistake>& mistakes() const noexcept { return mistakes_; }

 private:
  std::vector<CaptionMistake> mistakes_;
};

// By start, in the order they were written. `format`: "srt" or "webvtt".
// Throws CaptionError with at most twenty mistakes.
std::vector<Caption> parseCaptions(std::string_view bytes, const std::string& format);

}  // namespace clipcourier::transcoder
