#include "transcoder/worker/finisher.h"

#include <algorithm>
#include <cmath>

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

std::string textOf(int fd) {
  DescriptorFile file(fd);
  std::string text(std::min<std::size_t>(file.size(), kMaxCaptionBytes + 1), '\0');
  file.seek(0, SEEK_SET);
  std::size_t got = 0;
  while (got < text.size()) {
    const int part = file.read(reinterpret_cast<std::uint8_t*>(text.data()) + got,
                               static_cast<int>(text.size() - got));
    if (part <= 0) break;
    got += static_cast<std::size_t>(part);
  }
  text.resize(got);
  return text;
}

std::vector<Caption> readCaptions(int fd, const std::string& format) try {
  return parseCaptions(textOf(fd), format);
} catch (const Error& error) {
  if (error.code() != "captions.invalid") throw;
  const std::string where = error.details().empty() ? "" : error.details()[0].where;
  const std::string what = error.details().empty() ? error.what() : error.details()[0].what;
  const std::string line = where.starts_with("line ") ? where.substr(5) : "1";
  throw Refused({"captions.invalid",
                 {"Die Untertitel lassen sich nicht lesen (Zeile " + line + "): " + what,
                  "The captions cannot be read (" + where + "): " + what},
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

int fadeLevel(const Edits& edits, Fraction rate, std::int64_t slots, std::int64_t slot,
              int firstLevel) {
  const double perMs = rate.value() / 1000;
  const auto ramp = [&](int fadeMs, double done) {  // slots done of the fade
    const double length = std::min(fadeMs * perMs, static_cast<double>(slots) / 2);
    return length < 1 ? 1.0 : std::clamp(done / length, 0.0, 1.0);
  };
  const double in = ramp(edits.fadeInMs, static_cast<double>(slot));
  const double out = ramp(edits.fadeOutMs, static_cast<double>(slots - 1 - slot));
  const double first = firstLevel / 256.0;
  const double level = edits.fadeInMs > 0 ? first + (1 - first) * in : 1;
  return static_cast<int>(std::lround(256 * (edits.fadeOutMs > 0 ? std::min(level, out) : level)));
}

struct Finisher::Impl {
  Edits edits;
  Fraction rate;
  std::int64_t slots = 0, startMs = 0;
  int firstLevel = kFirstLevel;
  bool begun = false;
  std::optional<Stamp> logo;
  Spot spot;
  std::unique_ptr<CaptionPainter> captions;

  // What the last answer was made of.
  std::int64_t look = 0;
  int level = 256;
  Frame source, last;

  std::int64_t msOf(std::int64_t slot) const {
    return startMs + slot * 1000 * rate.den / std::max(rate.num, 1);
  }
};

Finisher::Finisher(const Edits& edits, const EditMaterial& material, int width, int height,
                   Fraction rate, std::int64_t slots, std::int64_t startMs)
    : impl_(std::make_unique<Impl>()) {
  impl_->edits = edits;
  impl_->rate = rate;
  impl_->slots = slots;
  impl_->startMs = startMs;
  if (edits.logo && material.logo) {
    impl_->logo = makeStamp(*material.logo, *edits.logo, width, height);
    impl_->spot = spotOf(*impl_->logo, *edits.logo, width, height);
  }
  if (!material.captions.empty())
    impl_->captions = std::make_unique<CaptionPainter>(material.captions, width, height);
}

Finisher::~Finisher() = default;
Finisher::Finisher(Finisher&&) noexcept = default;

bool Finisher::works() const {
  return impl_->logo || impl_->captions || impl_->edits.fadeInMs > 0 || impl_->edits.fadeOutMs > 0;
}

Frame Finisher::finish(const AVFrame& picture, std::int64_t slot) {
  Impl& my = *impl_;
  if (!my.begun && my.edits.fadeInMs > 0) my.firstLevel = visibleLevel(picture);
  my.begun = true;
  const std::int64_t ms = my.msOf(slot);
  const std::int64_t shown = my.captions ? my.captions->lookAt(ms) : 0;
  const int level = fadeLevel(my.edits, my.rate, my.slots, slot, my.firstLevel);
  if (!my.logo && shown == 0 && level >= 256) return share(picture);
  if (my.last && my.source->data[0] == picture.data[0] && my.look == shown && my.level == level) {
    Frame again = share(*my.last);
    again->pts = picture.pts;
    return again;
  }
  Frame made = copyOf(picture);
  if (my.logo) blendStamp(*made, *my.logo, my.spot.x, my.spot.y);
  if (shown != 0) my.captions->paint(*made, ms);
  dim(*made, level);
  my.source = share(picture);  // kept, so that its pixels are not given to another picture
  my.last = share(*made);
  my.look = shown;
  my.level = level;
  return made;
}

int Finisher::missingCharacters() const {
  return impl_->captions ? impl_->captions->missingCharacters() : 0;
}

}  // namespace clipcourier::transcoder
