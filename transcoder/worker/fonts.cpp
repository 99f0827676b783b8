#include "transcoder/worker/fonts.h"

#include <ft2build.h>

#include <fstream>
#include <iterator>
#include <optional>
#include FT_FREETYPE_H
#include FT_ADVANCES_H
#include FT_TRUETYPE_TABLES_H

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

struct FontFile {
  const char* family;
  const char* path;
  bool bold, italic;
};

constexpr const char* kNoto = "/usr/share/fonts/truetype/noto/";
constexpr const char* kDejaVu = "/usr/share/fonts/truetype/dejavu/";

// By preference: a character is drawn in the first family that has it.
constexpr FontFile kNotoFiles[] = {
    {"Noto Sans", "NotoSans-Regular.ttf", false, false},
    {"Noto Sans", "NotoSans-Bold.ttf", true, false},
    {"Noto Sans", "NotoSans-Italic.ttf", false, true},
    {"Noto Sans", "NotoSans-BoldItalic.ttf", true, true},
    {"Noto Sans Arabic", "NotoSansArabic-Regular.ttf", false, false},
    {"Noto Sans Arabic", "NotoSansArabic-Bold.ttf", true, false},
    {"Noto Sans Hebrew", "NotoSansHebrew-Regular.ttf", false, false},
    {"Noto Sans Hebrew", "NotoSansHebrew-Bold.ttf", true, false},
};
constexpr std::size_t kNotoNeeded = 8;
constexpr FontFile kMoreFiles[] = {
    {"Noto Sans Armenian", "NotoSansArmenian-Bold.ttf", true, false},
    {"Noto Sans Georgian", "NotoSansGeorgian-Bold.ttf", true, false},
    {"Noto Sans Devanagari", "NotoSansDevanagari-Bold.ttf", true, false},
    {"Noto Sans Thai", "NotoSansThai-Bold.ttf", true, false},
    {"Noto Sans Symbols", "NotoSansSymbols-Bold.ttf", true, false},
    {"Noto Sans Symbols2", "NotoSansSymbols2-Regular.ttf", false, false},
    {"Noto Music", "NotoMusic-Regular.ttf", false, false},
};
constexpr FontFile kDejaVuFiles[] = {
    {"DejaVu Sans", "DejaVuSans.ttf", false, false},
    {"DejaVu Sans", "DejaVuSans-Bold.ttf", true, false},
};

template <std::size_t count>
std::size_t read(const char* folder, const FontFile (&files)[count], std::vector<Font>& fonts) {
  std::size_t found = 0;
  for (const FontFile& each : files) {
    std::ifstream in(std::string(folder) + each.path, std::ios::binary);
    if (!in) continue;
    fonts.push_back(
        {each.family, each.bold, each.italic, {std::istreambuf_iterator<char>(in), {}}});
    ++found;
  }
  return found;
}

// The process's own copy: fonts are its fixed equipment, like its code.
std::optional<std::vector<Font>>& loaded() {
  static std::optional<std::vector<Font>> fonts;
  return fonts;
}

}  // namespace

void loadFonts() {
  if (loaded()) return;
  std::vector<Font> fonts;
  const bool noto = read(kNoto, kNotoFiles, fonts) == kNotoNeeded;
  if (!noto) fonts.clear();
  if (noto) read(kNoto, kMoreFiles, fonts);
  if (read(kDejaVu, kDejaVuFiles, fonts) == 0 && !noto)
    throw Error(ErrorKind::unavailable, "the fonts for captions are not installed",
                "Install the Debian package fonts-noto-core.", "captions.no_fonts");
  loaded() = std::move(fonts);
}

const std::vector<Font>& loadedFonts() {
  if (!loaded())
    throw Error(ErrorKind::internal, "fonts were not loaded before the sandbox closed");
  return *loaded();
}

struct FontMetrics::Impl {
  struct Family {
    std::vector<FT_Face> faces;  // the widest decides: bold ones are measured too
  };
  FT_Library library = nullptr;
  std::vector<std::string> names;
  std::vector<Family> families;

  ~Impl() {
    for (Family& family : families)
      for (FT_Face face : family.faces) FT_Done_Face(face);
    if (library) FT_Done_FreeType(library);
  }
};

FontMetrics::FontMetrics(const std::vector<Font>& fonts) : impl_(std::make_unique<Impl>()) {
  if (FT_Init_FreeType(&impl_->library) != 0) throw std::bad_alloc();
  for (const Font& font : fonts) {
    FT_Face face = nullptr;
    if (FT_New_Memory_Face(impl_->library, reinterpret_cast<const FT_Byte*>(font.bytes.data()),
                           static_cast<FT_Long>(font.bytes.size()), 0, &face) != 0)
      throw Error(ErrorKind::unavailable, "the font " + font.family + " cannot be read",
                  "Install the Debian package fonts-noto-core again.", "captions.no_fonts");
    if (impl_->names.empty() || impl_->names.back() != font.family) {
      impl_->names.push_back(font.family);
      impl_->families.emplace_back();
    }
    impl_->families.back().faces.push_back(face);
  }
}

FontMetrics::~FontMetrics() = default;

const std::vector<std::string>& FontMetrics::families() const { return impl_->names; }

bool FontMetrics::has(std::size_t family, std::uint32_t character) const {
  return FT_Get_Char_Index(impl_->families[family].faces[0], character) != 0;
}

double FontMetrics::advance(std::size_t family, std::uint32_t character) const {
  double widest = 0;
  for (FT_Face face : impl_->families[family].faces) {
    FT_Fixed width = 0;
    const FT_UInt glyph = FT_Get_Char_Index(face, character);
    if (FT_Get_Advance(face, glyph, FT_LOAD_NO_SCALE, &width) == 0 && face->units_per_EM > 0)
      widest = std::max(widest, static_cast<double>(width) / face->units_per_EM);
  }
  return widest;
}

double FontMetrics::lineHeight(std::size_t family) const {
  FT_Face face = impl_->families[family].faces[0];
  const auto* os2 = static_cast<TT_OS2*>(FT_Get_Sfnt_Table(face, FT_SFNT_OS2));
  const double units = face->units_per_EM > 0 ? face->units_per_EM : 1000;
  if (os2 && os2->usWinAscent + os2->usWinDescent > 0)
    return (os2->usWinAscent + os2->usWinDescent) / units;
  return (face->ascender - face->descender) / units;
}

}  // namespace clipcourier::transcoder
