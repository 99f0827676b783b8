#include "transcoder/worker/caption_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clipcourier::transcoder {
namespace {

struct Glyph {
  std::uint32_t character = 0;
  std::size_t family = 0;
  bool bold = false, italic = false;
  double width = 0;  // ems
};
using Glyphs = std::vector<Glyph>;
using Line = std::vector<Glyphs>;  // of words

std::uint32_t takeCharacter(std::string_view& text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0u;
  };
  const std::uint32_t first = byte(0);
  std::size_t count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t c = count == 1 ? first : first & (0xFFu >> (count + 1));
  for (std::size_t i = 1; i < count; ++i) c = c << 6 | (byte(i) & 63);
  text.remove_prefix(std::min(count, text.size()));
  return c;
}

void append(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 63));
}

// Directions, joiners and variation selectors: no font needs to draw them.
bool isInvisible(std::uint32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xAD;
}

// Chooses a family for each character: the one in use when it has it, so that the letters of a
// word are not torn apart, else the first that has it.
class Typesetter {
 public:
  explicit Typesetter(const FontMetrics& metrics) : metrics_(metrics) {}

  std::vector<Line> lines(const Caption& caption) {
    std::vector<Line> lines{{Glyphs{}}};
    for (const CaptionSpan& span : caption.spans) {
      std::string_view text = span.text;
      while (!text.empty()) {
        const std::uint32_t c = takeCharacter(text);
        if (c == '\n' || c == 0x2028 || c == 0x2029)
          lines.push_back({Glyphs{}});
        else if (c == ' ')
          lines.back().emplace_back();
        else
          add(c, span, lines.back().back());
      }
    }
    for (Line& line : lines) std::erase_if(line, [](const Glyphs& word) { return word.empty(); });
    std::erase_if(lines, [](const Line& line) { return line.empty(); });
    return lines;
  }
  int missing() const { return missing_; }

 private:
  void add(std::uint32_t c, const CaptionSpan& span, Glyphs& word) {
    if (isInvisible(c)) {
      const bool shapes = c >= 0x200C && c <= 0x200F;  // joiners and marks change how words look
      if (shapes) word.push_back({c, family_, span.bold, span.italic, 0});
      return;
    }
    // Latin letters and figures look best in the first family, whatever stood before.
    const bool latin = c < 0x250 && c != 0xA0;
    if (latin && metrics_.has(0, c)) family_ = 0;
    if (!metrics_.has(family_, c)) {
      std::size_t found = 0;
      while (found < metrics_.families().size() && !metrics_.has(found, c)) ++found;
      if (found == metrics_.families().size()) {
        ++missing_;
        return;
      }
      family_ = found;
    }
    word.push_back({c, family_, span.bold, span.italic, metrics_.advance(family_, c)});
  }

  const FontMetrics& metrics_;
  std::size_t family_ = 0;
  int missing_ = 0;
};

double widthOf(const Glyphs& word) {
  return std::accumulate(word.begin(), word.end(), 0.0,
                         [](double sum, const Glyph& glyph) { return sum + glyph.width; });
}

double widthOf(const Line& line, double space) {
  double width = line.empty() ? 0 : space * static_cast<double>(line.size() - 1);
  for (const Glyphs& word : line) width += widthOf(word);
  return width;
}

// A word that is wider than a line (an address of a web page) is cut into pieces.
Line cutLongWords(const Line& line, double room) {
  Line cut;
  for (const Glyphs& word : line) {
    cut.emplace_back();
    double width = 0;
    for (const Glyph& glyph : word) {
      if (width + glyph.width > room && width > 0) {
        cut.emplace_back();
        width = 0;
      }
      cut.back().push_back(glyph);
      width += glyph.width;
    }
  }
  return cut;
}

bool beginsSpeech(const Line& line) {
  const std::uint32_t c = line.empty() ? 0 : line[0][0].character;
  return c == '-' || c == 0x2013 || c == 0x2014;
}

bool isRightToLeft(std::uint32_t c) {
  return (c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFC);
}

bool isLetter(std::uint32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x2000) ||
         c >= 0x2C00;
}

// A text's direction is that of its first letter. After a line break the renderer would look at the
// next line's own, so each line of a text that runs to the left says it at its beginning.
void keepDirection(std::vector<Line>& lines) {
  for (const Line& line : lines)
    for (const Glyphs& word : line)
      for (const Glyph& glyph : word) {
        if (!isLetter(glyph.character)) continue;
        if (!isRightToLeft(glyph.character)) return;
        const Glyph mark{0x200F, glyph.family, glyph.bold, glyph.italic, 0};
        for (Line& each : lines) each[0].insert(each[0].begin(), mark);
        return;
      }
}

// Lines that do not fit were broken for another picture: they are joined, but not what two people
// say.
std::vector<Line> rejoined(std::vector<Line> lines, double room, double space) {
  const bool fits = std::all_of(lines.begin(), lines.end(),
                                [&](const Line& line) { return widthOf(line, space) <= room; });
  if (fits) return lines;
  std::vector<Line> joined;
  for (Line& line : lines) {
    if (joined.empty() || beginsSpeech(line))
      joined.push_back(std::move(line));
    else
      joined.back().insert(joined.back().end(), line.begin(), line.end());
  }
  return joined;
}

// As few lines as possible, and those about equally long.
std::vector<Line> broken(const Line& text, double room, double space) {
  const auto fill = [&](double limit) {
    std::vector<Line> lines{{}};
    double width = 0;
    for (const Glyphs& word : text) {
      const double more = widthOf(word);
      if (!lines.back().empty() && width + space + more > limit) {
        lines.emplace_back();
        width = 0;
      }
      width += more + (lines.back().empty() ? 0 : space);
      lines.back().push_back(word);
    }
    return lines;
  };
  auto best = fill(room);
  for (double limit = room * 0.96; best.size() > 1 && limit > room * 0.3; limit -= room * 0.04) {
    auto narrower = fill(limit);
    const bool tooWide = std::any_of(narrower.begin(), narrower.end(), [&](const Line& line) {
      return widthOf(line, space) > limit;
    });
    if (narrower.size() > best.size() || tooWide) break;
    best = std::move(narrower);
  }
  return best;
}

// Markup of our own around text in which nothing is markup any more.
class Markup {
 public:
  Markup(const FontMetrics& metrics, double em) : metrics_(metrics), em_(em) {}
  void line(const Line& line) {
    if (!text_.empty()) text_ += "\\N";
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text_ += ' ';
      for (const Glyph& glyph : line[i]) put(glyph);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void put(const Glyph& glyph) {
    std::string tags;
    // Every family's size means another height of letters.
    if (glyph.family != family_)
      tags += "\\fn" + metrics_.families()[glyph.family] + "\\fs" +
              std::to_string(std::lround(em_ * metrics_.lineHeight(glyph.family)));
    if (glyph.italic != italic_) tags += glyph.italic ? "\\i1" : "\\i0";
    if (glyph.bold != bold_) tags += glyph.bold ? "\\c&H5CE4FF&" : "\\c&HFFFFFF&";
    if (!tags.empty()) text_ += "{" + tags + "}";
    family_ = glyph.family;
    italic_ = glyph.italic;
    bold_ = glyph.bold;
    if (glyph.character == '{' || glyph.character == '}') text_ += '\\';
    append(text_, glyph.character);
    // A backslash would make a command of what follows; a joiner without width keeps it apart.
    if (glyph.character == '\\') append(text_, 0x2060);
  }

  const FontMetrics& metrics_;
  double em_;
  std::string text_;
  std::size_t family_ = 0;
  bool italic_ = false, bold_ = false;
};

struct Place {
  int alignment = 2;  // on a telephone's keys: 1 to 3 below, 7 to 9 above
  int left = 0, right = 0, vertical = 0;
};

Place placeOf(const CaptionPlace& wish, const CaptionStyle& style, int width, int height) {
  Place place{2, style.sideMargin, style.sideMargin, style.bottomMargin};
  using Align = CaptionPlace::Align;
  if (wish.xPercent) {
    const int x =
        std::clamp(width * *wish.xPercent / 100, style.sideMargin, width - style.sideMargin);
    const int half = std::min(x, width - x) - style.sideMargin;
    int left = wish.align == Align::right ? style.sideMargin : x;
    int right = wish.align == Align::left ? style.sideMargin : width - x;
    if (wish.align == Align::centre) {
      left = x - half;
      right = width - x - half;
    }
    // A column too narrow to read is not what anybody meant.
    if (width - left - right >= width * 2 / 5) {
      place.left = left;
      place.right = right;
    }
  }
  // Further down captions stand on the lower edge, where more lines push upwards.
  const bool above = wish.yPercent && *wish.yPercent < 60;
  if (above) place.vertical = std::max(style.topMargin, height * *wish.yPercent / 100);
  place.alignment = (above ? 8 : 2) + (wish.align == Align::left    ? -1
                                       : wish.align == Align::right ? 1
                                                                    : 0);
  return place;
}

}  // namespace

CaptionStyle captionStyle(int width, int height) {
  const double shortSide = std::min(width, height);
  // A film lying on its side is shown small on a phone held upright.
  const double lying =
      std::clamp((static_cast<double>(width) / height - 1) / (16.0 / 9 - 1), 0.0, 1.0);
  CaptionStyle style;
  style.em = std::max(8.0, shortSide * (0.056 + 0.012 * lying));
  style.outline = std::max(1.0, style.em * 0.075);
  style.sideMargin = std::lround(width * 0.06);
  style.bottomMargin = std::lround(height * (height > width ? 0.10 : 0.06));
  style.topMargin = std::lround(height * 0.06);
  style.maxLines = height > width ? 3 : 2;
  return style;
}

CaptionLayout layOut(const std::vector<Caption>& captions, int width, int height,
                     const FontMetrics& metrics) {
  CaptionLayout layout;
  const CaptionStyle style = captionStyle(width, height);
  const double space = metrics.advance(0, ' ');
  Typesetter typesetter(metrics);
  for (const Caption& caption : captions) {
    const Place place = placeOf(caption.place, style, width, height);
    const double room = (width - place.left - place.right) / style.em;
    std::vector<Line> lines;
    for (const Line& line : rejoined(typesetter.lines(caption), room, space))
      for (Line& each : broken(cutLongWords(line, room), room, space))
        lines.push_back(std::move(each));
    if (lines.empty()) continue;
    keepDirection(lines);
    const auto most = static_cast<std::size_t>(style.maxLines);
    const std::size_t steps = (lines.size() + most - 1) / most;
    const std::size_t perStep = (lines.size() + steps - 1) / steps;
    const std::int64_t duration = caption.endMs - caption.startMs;
    for (std::size_t first = 0; first < lines.size(); first += perStep) {
      const std::size_t last = std::min(lines.size(), first + perStep);
      Markup markup(metrics, style.em);
      for (std::size_t i = first; i < last; ++i) markup.line(lines[i]);
      const auto count = static_cast<std::int64_t>(lines.size());
      const auto at = [&](std::size_t line) {
        return caption.startMs + duration * static_cast<std::int64_t>(line) / count;
      };
      layout.events.push_back({at(first), at(last),
                               "{\\an" + std::to_string(place.alignment) + "}" + markup.take(),
                               place.left, place.right, place.vertical});
    }
  }
  layout.missingCharacters = typesetter.missing();
  return layout;
}

}  // namespace clipcourier::transcoder
