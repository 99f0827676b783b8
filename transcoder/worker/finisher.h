#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "transcoder/captions.h"
#include "transcoder/edits.h"
#include "transcoder/report.h"
#include "transcoder/worker/av_ptr.h"

namespace clipcourier::transcoder {

// What edits need besides the source, read once for all renditions. Shared between threads.
struct EditMaterial {
  std::vector<Caption> captions;  // in the source's shown time
  Frame logo;                     // RGBA; none: no logo
};

// Reads and checks what the edits name; -1 for what they do not. Throws Refused (the logo cannot be
// read, the captions are wrong, with the line).
EditMaterial readMaterial(const Edits& edits, int captionsFd, int logoFd);

// The last touch on finished pictures: logo, captions and fades, in this order. One per size of
// picture; not thread-safe.
class Finisher {
 public:
  // Pictures of width x height, shown from `slot` 0 to `slots` at `rate`; the first shows
  // `startMs` of the source's shown time. Borrows nothing.
  Finisher(const Edits& edits, const EditMaterial& material, int width, int height, Fraction rate,
           std::int64_t slots, std::int64_t startMs);
  ~Finisher();
  Finisher(Finisher&&) noexcept;

  // Whether pictures are changed at all.
  bool works() const;

  // The picture of a slot; slots come in rising order. The answer may be `picture` itself, or the
  // last answer when nothing about it has changed, so it must not be written to. Keeps pts.
  Frame finish(const AVFrame& picture, std::int64_t slot);

  int missingCharacters() const;  // of captions, without a font

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How bright a slot is in fades, 256 as it was. A fade-in never begins in the dark: chat apps make
// the bubble of the first frame. `firstLevel`: what the first picture needs to be no black one.
int fadeLevel(const Edits& edits, Fraction rate, std::int64_t slots, std::int64_t slot,
              int firstLevel);

}  // namespace clipcourier::transcoder
