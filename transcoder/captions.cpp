#include "transcoder/captions.h"

#include "transcoder/srt.h"
#include "transcoder/webvtt.h"

namespace clipcourier::transcoder {

std::string plainText(const Caption& caption) {
  std::string text;
  for (const CaptionSpan& span : caption.spans) text += span.text;
  return text;
}

std::vector<Caption> parseCaptions(std::string_view bytes, const std::string& format) {
  return format == "webvtt" ? parseWebVtt(bytes) : parseSrt(bytes);
}

}  // namespace clipcourier::transcoder
