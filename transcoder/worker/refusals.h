#pragma once

#include <exception>
#include <string>

#include "base/byte_size.h"
#include "transcoder/profile.h"
#include "transcoder/report.h"

// Every reason for which a source is refused, with its words.
namespace clipcourier::transcoder {

// Thrown wherever it turns out that the source cannot become a clip.
class Refused : public std::exception {
 public:
  explicit Refused(Refusal refusal) : refusal_(std::move(refusal)) {}
  const char* what() const noexcept override { return refusal_.code.c_str(); }
  const Refusal& refusal() const noexcept { return refusal_; }

 private:
  Refusal refusal_;
};

// Each throws Refused. damaged() and noPictures() throw std::bad_alloc when memory is what is
// missing.
namespace refuse {
[[noreturn]] void empty();
[[noreturn]] void unknownFormat();
[[noreturn]] void playlist();
[[noreturn]] void stillImage();
[[noreturn]] void damaged();
[[noreturn]] void damagedSound();
[[noreturn]] void encrypted();
[[noreturn]] void noVideo();
[[noreturn]] void noPictures();
[[noreturn]] void unsupportedCodec(const std::string& codec);
[[noreturn]] void tooManyPixels(int width, int height);
[[noreturn]] void badShape(int width, int height);
// Of one rendition: `mostSeconds` is what it would take (0: nothing), as limited by its profile.
[[noreturn]] void tooLong(std::int64_t durationMs, int mostSeconds, const Profile& profile);
[[noreturn]] void renditionNotNeeded(int width, int height);
[[noreturn]] void tooManyPackets();
[[noreturn]] void tooMuchToDecode(std::int64_t frames, int width, int height);
[[noreturn]] void animationTooLarge(ByteSize size, ByteSize most);
[[noreturn]] void dolbyVision5(int profile);  // or another profile with nothing but its colours
}  // namespace refuse

// "2:05", "0:07.5" is not needed: whole seconds are enough for people.
std::string clockTime(std::int64_t ms);

}  // namespace clipcourier::transcoder
