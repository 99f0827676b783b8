#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transcoder/captions.h"
#include "transcoder/worker/fonts.h"

// How captions stand on a picture so that they can be read on a phone. No libav.
namespace clipcourier::transcoder {

// All in pixels of the picture.
struct CaptionStyle {
  double em = 0;  // height of the letters' square
  double outline = 0;
  int sideMargin = 0, bottomMargin = 0, topMargin = 0;
  int maxLines = 3;
};
CaptionStyle captionStyle(int width, int height);

// One thing to draw: Advanced SubStation markup that is ours alone, whatever the text said.
struct CaptionEvent {
  std::int64_t startMs = 0, endMs = 0;
  std::string markup;
  int left = 0, right = 0, vertical = 0;  // margins
  friend bool operator==(const CaptionEvent&, const CaptionEvent&) = default;
};

struct CaptionLayout {
  std::vector<CaptionEvent> events;
  int missingCharacters = 0;  // no font has them; they are left out
};

// Lines too long for this picture are broken anew; a text of more than `maxLines` lines is shown
// in several steps, each as long as its share of the text.
CaptionLayout layOut(const std::vector<Caption>& captions, int width, int height,
                     const FontMetrics& metrics);

}  // namespace clipcourier::transcoder
