#pragma once

#include <memory>
#include <vector>

#include "transcoder/captions.h"
#include "transcoder/edits.h"
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

// The last touch on finished pictures: logo, captions and fades, in this order. For pictures of any
// size; not thread-safe.
//
// A fade-in never begins in the dark: chat apps make the bubble of the first frame. It starts at a
// third of the light, or as bright as that frame must be to be no black one.
class EditPainter {
 public:
  // `startMs`: what the clip's first frame shows, in the source's shown time. Times below are
  // microseconds of the clip, which has `durationUs` of them. Copies what it needs.
  EditPainter(const Edits& edits, const EditMaterial& material, std::int64_t startMs,
              std::int64_t durationUs);
  ~EditPainter();

  bool draws() const;  // whether pictures are changed at all
  // Up to when it draws the same as at `us`; later than `us`.
  std::int64_t sameUntil(std::int64_t us) const;
  // `picture` must be writable. The first one asked for must be the clip's first.
  void paint(AVFrame& picture, std::int64_t us);

  int missingCharacters() const;  // of captions, without a font

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How bright a moment is in fades, 256 as it was; `firstLevel` is what a fade-in begins with.
int fadeLevel(const Edits& edits, std::int64_t durationUs, std::int64_t us, int firstLevel);

}  // namespace clipcourier::transcoder
