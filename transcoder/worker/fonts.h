#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// The fonts captions are drawn with, in memory: the sandbox lets nothing be opened by name later.
namespace clipcourier::transcoder {

struct Font {
  std::string family;
  bool bold = false, italic = false;
  std::string bytes;
};

// Reads the fonts of Debian's fonts-noto-core (Latin, Cyrillic, Greek, Arabic, Hebrew; others when
// they are there) or else of fonts-dejavu-core, once per process and before its sandbox closes.
// Throws Error(unavailable) code "captions.no_fonts" when neither is installed. Not thread-safe.
void loadFonts();

// What loadFonts() found; throws Error(internal) when it was not called.
const std::vector<Font>& loadedFonts();

// Which characters the families have and how wide they are. Not thread-safe.
class FontMetrics {
 public:
  explicit FontMetrics(const std::vector<Font>& fonts);  // borrows them
  ~FontMetrics();

  // Families in order of preference; the first is the usual one.
  const std::vector<std::string>& families() const;
  bool has(std::size_t family, std::uint32_t character) const;
  // In shares of the em, without shaping; 0 for what is drawn on top of other characters.
  double advance(std::size_t family, std::uint32_t character) const;
  // How many ems libass's font size is: it counts ascent and descent.
  double lineHeight(std::size_t family) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::transcoder
