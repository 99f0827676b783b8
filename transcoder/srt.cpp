#include "transcoder/srt.h"

#include <algorithm>

#include "base/text.h"
#include "transcoder/caption_text.h"

namespace clipcourier::transcoder {
namespace {

bool isNumber(std::string_view line) {
  const std::string trimmed = text::trim(line);
  return !trimmed.empty() && trimmed.size() < 10 &&
         std::all_of(trimmed.begin(), trimmed.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes {\an8} and its kin (from the Advanced SubStation format) out of the text; the numbers stand
// like on a telephone's keys turned around: 1 to 3 at the bottom, 7 to 9 on top.
CaptionPlace takePlace(std::string& text) {
  CaptionPlace place;
  std::size_t at = 0;
  while ((at = text.find("{\\", at)) != text.npos) {
    const std::size_t end = text.find('}', at);
    if (end == text.npos) break;
    const std::string tag = text.substr(at + 2, end - at - 2);
    if (tag.size() == 3 && tag.starts_with("an") && tag[2] >= '1' && tag[2] <= '9') {
      const int key = tag[2] - '1';
      place.align = static_cast<CaptionPlace::Align>(key % 3);
      if (key / 3 == 1) place.yPercent = 45;
      if (key / 3 == 2) place.yPercent = 0;
    }
    text.erase(at, end - at + 1);
  }
  return place;
}

struct Block {
  std::size_t line = 0;  // of the times, from 1
  CaptionTiming timing;
  std::vector<std::string_view> text;
};

void add(Block& block, bool numberFollows, std::vector<Caption>& captions,
         CaptionMistakes& mistakes) {
  auto& lines = block.text;
  if (numberFollows && !lines.empty() && isNumber(lines.back())) lines.pop_back();
  std::string text;
  for (const std::string_view line : lines) text += std::string(line) + "\n";
  if (isTooLong(text, block.line, mistakes)) return;
  Caption caption{block.timing.startMs, block.timing.endMs, {}, takePlace(text)};
  caption.spans = parseSpans(text, false);
  addCaption(std::move(caption), block.line, captions, mistakes);
}

[[noreturn]] void refuseStart(std::string_view line, std::size_t number,
                              const CaptionMistakes& mistakes) {
  if (line.starts_with("WEBVTT"))
    mistakes.refuse(number, {"das ist WebVTT, nicht SRT", "this is WebVTT, not SRT"});
  mistakes.refuse(number, {"eine SRT-Datei beginnt mit einer Nummer und einer Zeit",
                           "an SRT file begins with a number and a time"});
}

}  // namespace

std::vector<Caption> parseSrt(std::string_view bytes) {
  const auto lines = captionLines(bytes);
  std::vector<Caption> captions;
  CaptionMistakes mistakes;
  std::optional<Block> block;
  for (std::size_t i = 0; i < lines.size() && !mistakes.full(); ++i) {
    if (hasArrow(lines[i])) {
      const auto timing = parseTiming(lines[i]);
      if (!timing)
        mistakes.add(i + 1, {"das ist keine Zeit wie „00:00:01,000 --> 00:00:02,500“",
                             "is no time like \"00:00:01,000 --> 00:00:02,500\""});
      if (block) add(*block, true, captions, mistakes);
      block = Block{i + 1, timing.value_or(CaptionTiming{}), {}};
    } else if (block) {
      if (!isBlank(lines[i])) block->text.push_back(lines[i]);
    } else if (!isBlank(lines[i]) && !isNumber(lines[i])) {
      refuseStart(lines[i], i + 1, mistakes);
    }
  }
  if (block) add(*block, false, captions, mistakes);
  finishCaptions(captions, mistakes);
  return captions;
}

}  // namespace clipcourier::transcoder
