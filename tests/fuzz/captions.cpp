// Both formats of captions; the first byte chooses.

#include "transcoder/captions.h"

#include "base/error.h"
#include "base/text.h"
#include "fuzz/input.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

static void check(const Caption& caption) {
  require(0 <= caption.startMs && caption.startMs < caption.endMs &&
          caption.endMs <= kMaxCaptionMs);
  require(!caption.spans.empty());
  std::size_t bytes = 0;
  for (const CaptionSpan& span : caption.spans) {
    require(text::isUtf8(span.text));
    for (const char c : span.text) require(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    bytes += span.text.size();
  }
  require(bytes <= kMaxCaptionText);
}

FUZZ(input) {
  if (input.empty()) return;
  try {
    const auto captions = parseCaptions(input.substr(1), input[0] & 1 ? "srt" : "webvtt");
    require(captions.size() <= kMaxCaptions);
    for (std::size_t i = 0; i < captions.size(); ++i) {
      check(captions[i]);
      require(i == 0 || captions[i - 1].startMs <= captions[i].startMs);
    }
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalidInput && !error.details().empty());
  }
}
