#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transcoder/captions.h"

// What the caption formats have in common.
namespace clipcourier::transcoder {

// Collects what is wrong with a file; lines count from 1.
class CaptionMistakes {
 public:
  void add(std::size_t line, Words what);
  void throwIfAny() const;                                       // throws CaptionError
  [[noreturn]] void refuse(std::size_t line, Words what) const;  // with this one alone
  bool full() const { return mistakes_.size() >= 20; }

 private:
  std::vector<CaptionMistake> mistakes_;
};

// The file's lines without their ends (\n, \r\n, \r) and without byte order mark. Throws when the
// file is too large or no UTF-8.
std::vector<std::string_view> captionLines(std::string_view bytes);

bool isBlank(std::string_view line);
bool hasArrow(std::string_view line);  // "-->"

struct CaptionTiming {
  std::int64_t startMs = 0, endMs = 0;
  std::string_view rest;  // what follows the times
};
// "[hh:]mm:ss,mmm --> [hh:]mm:ss.mmm rest"; none when it is something else.
std::optional<CaptionTiming> parseTiming(std::string_view line);

// Whether a caption as it stands in the file is absurdly long, which is then noted.
bool isTooLong(std::string_view written, std::size_t line, CaptionMistakes& mistakes);

// Tags taken out and entities resolved. `unknownTags`: whether <anything> is a tag, or only what
// HTML knows ("a <3 b" is text).
std::vector<CaptionSpan> parseSpans(std::string_view text, bool unknownTags);

// Checks and adds a caption; one without text or time is left away.
void addCaption(Caption caption, std::size_t line, std::vector<Caption>& captions,
                CaptionMistakes& mistakes);
// Throws when there are mistakes or no caption at all; sorts by start.
void finishCaptions(std::vector<Caption>& captions, CaptionMistakes& mistakes);

}  // namespace clipcourier::transcoder
