#include "transcoder/worker/edit_painter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "transcoder/worker/blend.h"
#include "transcoder/worker/caption_painter.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/logo.h"
#include "transcoder/worker/look.h"
#include "transcoder/worker/padding.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

// The first frame of a fade-in: clearly to be seen, clearly darker than the rest.
constexpr int kFirstLevel = 90;  // of 256

std::vector<Caption> readCaptions(int fd, const std::string& format) try {
  return parseCaptions(DescriptorFile(fd).readAt(0, kMaxCaptionBytes + 1), format);
} catch (const CaptionError& error) {
  const CaptionMistake& first = error.mistakes().front();
  const std::string line = std::to_string(first.line);
  throw Refused({"captions.invalid",
                 {"Die Untertitel lassen sich nicht lesen (Zeile " + line + "): " + first.what.de,
                  "The captions cannot be read (line " + line + "): " + first.what.en},
                 {"Berichtigen Sie die Zeile; die Datei muss SRT oder WebVTT in UTF-8 sein.",
                  "Correct the line; the file must be SRT or WebVTT in UTF-8."}});
}

// The least level at which a picture is no black one any more.
int visibleLevel(const AVFrame& picture) {
  for (int level = kFirstLevel; level < 256; level += 16) {
    Frame faded = copyOf(picture);
    dim(*faded, level);
    if (!isDark(look(*faded))) return level;
  }
  return 256;
}

}  // namespace

EditMaterial readMaterial(const Edits& edits, int captionsFd, int logoFd) {
  EditMaterial material;
  if (edits.captions) {
    if (captionsFd < 0) throw Error(ErrorKind::internal, "captions are wanted but not handed over");
    material.captions = readCaptions(captionsFd, *edits.captions);
  }
  if (edits.logo) {
    if (logoFd < 0) throw Error(ErrorKind::internal, "a logo is wanted but not handed over");
    material.logo = readLogo(logoFd);
  }
  return material;
}

int fadeLevel(const Edits& edits, std::int64_t durationUs, std::int64_t us, int firstLevel) {
  const auto share = [&](int fadeMs, std::int64_t doneUs) {
    const double length = std::min(fadeMs * 1e3, static_cast<double>(durationUs) / 2);
    return length <= 0 ? 1.0 : std::clamp(static_cast<double>(doneUs) / length, 0.0, 1.0);
  };
  const double first = firstLevel / 256.0;
  const double in = first + (1 - first) * share(edits.fadeInMs, us);
  const double out = share(edits.fadeOutMs, durationUs - us);
  const double level = std::min(edits.fadeInMs > 0 ? in : 1, edits.fadeOutMs > 0 ? out : 1);
  return static_cast<int>(std::lround(256 * level));
}

struct EditPainter::Impl {
  // What depends on the size of the pictures.
  struct Sized {
    std::optional<Stamp> logo;
    Spot spot;
    std::unique_ptr<CaptionPainter> captions;
  };
  Sized& sizedFor(const AVFrame& picture);

  Edits edits;
  std::vector<Caption> captions;
  Frame logo;
  std::int64_t startMs = 0, durationUs = 0;
  std::optional<int> firstLevel;
  std::map<std::pair<int, int>, Sized> sizes;
  const CaptionPainter* last = nullptr;
};

EditPainter::EditPainter(const Edits& edits, const EditMaterial& material, std::int64_t startMs,
                         std::int64_t durationUs)
    : impl_(std::make_unique<Impl>()) {
  impl_->edits = edits;
  impl_->captions = material.captions;
  if (edits.logo && material.logo) impl_->logo = share(*material.logo);
  impl_->startMs = startMs;
  impl_->durationUs = durationUs;
}

EditPainter::~EditPainter() = default;

bool EditPainter::draws() const {
  return impl_->logo || !impl_->captions.empty() || impl_->edits.fadeInMs > 0 ||
         impl_->edits.fadeOutMs > 0;
}

EditPainter::Impl::Sized& EditPainter::Impl::sizedFor(const AVFrame& picture) {
  const auto [found, isNew] = sizes.try_emplace({picture.width, picture.height});
  Sized& sized = found->second;
  if (!isNew) return sized;
  if (logo) {
    sized.logo = makeStamp(*logo, *edits.logo, picture.width, picture.height);
    sized.spot = spotOf(*sized.logo, *edits.logo, picture.width, picture.height);
  }
  if (!captions.empty())
    sized.captions = std::make_unique<CaptionPainter>(captions, picture.width, picture.height);
  return sized;
}

std::int64_t EditPainter::sameUntil(std::int64_t us) const {
  const Impl& my = *impl_;
  const std::int64_t fadedIn =
      std::min<std::int64_t>(my.edits.fadeInMs * 1000LL, my.durationUs / 2);
  const std::int64_t fadesOut =
      my.durationUs - std::min<std::int64_t>(my.edits.fadeOutMs * 1000LL, my.durationUs / 2);
  if (us < fadedIn || us >= fadesOut) return us + 1;
  std::int64_t until = my.edits.fadeOutMs > 0 ? fadesOut : INT64_MAX;
  if (my.captions.empty()) return until;
  if (!my.last) return us + 1;
  const std::int64_t next = my.last->nextChange(my.startMs + us / 1000);
  if (next != INT64_MAX) until = std::min(until, (next - my.startMs) * 1000);
  return std::max(until, us + 1);
}

void EditPainter::paint(AVFrame& picture, std::int64_t us) {
  Impl& my = *impl_;
  Impl::Sized& sized = my.sizedFor(picture);
  my.last = sized.captions.get();
  if (!my.firstLevel) my.firstLevel = my.edits.fadeInMs > 0 ? visibleLevel(picture) : 256;
  if (sized.logo) blendStamp(picture, *sized.logo, sized.spot.x, sized.spot.y);
  if (sized.captions) sized.captions->paint(picture, my.startMs + us / 1000);
  dim(picture, fadeLevel(my.edits, my.durationUs, us, *my.firstLevel));
}

int EditPainter::missingCharacters() const {
  return impl_->last ? impl_->last->missingCharacters() : 0;
}

}  // namespace clipcourier::transcoder
