#include "transcoder/webvtt.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "transcoder/caption_text.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kLinesOnScreen = 16;  // a line of WebVTT is about a sixteenth of the height

// "50%", "33.3%,line-left": whole per cent; none for anything else.
std::optional<int> percent(std::string_view value) {
  value = value.substr(0, value.find(','));
  if (!value.ends_with('%')) return std::nullopt;
  value.remove_suffix(1);
  const std::string_view whole = value.substr(0, value.find('.'));
  int number = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
  if (whole.empty() || error != std::errc() || end != whole.data() + whole.size()) return {};
  return number >= 0 && number <= 100 ? std::optional(number) : std::nullopt;
}

// A line counts from the top, or from the bottom when negative; -1 is where captions stand anyway.
std::optional<int> lineAsPercent(std::string_view value) {
  if (const auto direct = percent(value)) return direct;
  value = value.substr(0, value.find(','));
  int line = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), line);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) return {};
  if (line == -1) return std::nullopt;
  const int fromTop = line >= 0 ? line : kLinesOnScreen + std::max(line, -kLinesOnScreen);
  return std::clamp(fromTop, 0, kLinesOnScreen - 1) * 100 / kLinesOnScreen;
}

CaptionPlace parseSettings(std::string_view settings) {
  CaptionPlace place;
  bool positioned = false;
  for (const std::string& word : text::split(settings, ' ')) {
    const std::size_t colon = word.find(':');
    if (colon == word.npos) continue;
    const std::string name = text::trim(word.substr(0, colon));
    const std::string value = text::trim(word.substr(colon + 1));
    if (name == "align") {
      if (value == "start" || value == "left") place.align = CaptionPlace::Align::left;
      if (value == "end" || value == "right") place.align = CaptionPlace::Align::right;
    } else if (name == "position") {
      place.xPercent = percent(value);
      positioned = place.xPercent.has_value();
    } else if (name == "line") {
      place.yPercent = lineAsPercent(value);
    }
  }
  if (positioned && *place.xPercent == 50 && place.align == CaptionPlace::Align::centre)
    place.xPercent.reset();
  return place;
}

bool isSkippedBlock(std::string_view line) {
  for (const std::string_view word : {"NOTE", "STYLE", "REGION"})
    if (line.starts_with(word) &&
        (line.size() == word.size() || line[word.size()] == ' ' || line[word.size()] == '\t'))
      return true;
  return false;
}

void refuseWithoutHeader(const std::vector<std::string_view>& lines, CaptionMistakes& mistakes) {
  const std::string_view first = lines.empty() ? std::string_view() : lines[0];
  const bool header =
      first.starts_with("WEBVTT") && (first.size() == 6 || first[6] == ' ' || first[6] == '\t');
  if (!header)
    mistakes.refuse(1, {"eine WebVTT-Datei beginnt mit der Zeile WEBVTT",
                        "a WebVTT file begins with the line WEBVTT"});
}

}  // namespace

std::vector<Caption> parseWebVtt(std::string_view bytes) {
  const auto lines = captionLines(bytes);
  std::vector<Caption> captions;
  CaptionMistakes mistakes;
  refuseWithoutHeader(lines, mistakes);
  std::size_t i = 1;
  const auto skipBlock = [&] {
    while (i < lines.size() && !isBlank(lines[i])) ++i;
  };
  skipBlock();  // what else the header says
  while (i < lines.size() && !mistakes.full()) {
    if (isBlank(lines[i])) {
      ++i;
      continue;
    }
    if (isSkippedBlock(lines[i])) {
      skipBlock();
      continue;
    }
    // A line before the times is the cue's identifier.
    if (!hasArrow(lines[i]) && i + 1 < lines.size() && hasArrow(lines[i + 1])) ++i;
    const auto timing = parseTiming(lines[i]);
    const std::size_t at = i + 1;
    if (!timing) {
      mistakes.add(at, {"das ist keine Zeit wie „00:01.000 --> 00:02.500“",
                        "is no time like \"00:01.000 --> 00:02.500\""});
      skipBlock();
      continue;
    }
    std::string text;
    for (++i; i < lines.size() && !isBlank(lines[i]) && !hasArrow(lines[i]); ++i)
      text += std::string(lines[i]) + "\n";
    addCaption(
        {timing->startMs, timing->endMs, parseSpans(text, true), parseSettings(timing->rest)}, at,
        captions, mistakes);
  }
  finishCaptions(captions, mistakes);
  return captions;
}

}  // namespace clipcourier::transcoder
