#include "transcoder/caption_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::size_t kMaxTag = 300;         // bytes; what is longer is text
constexpr std::size_t kMaxWritten = 16'384;  // of one caption, tags included

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isSpace(char c) { return c == ' ' || c == '\t'; }

void skipSpace(std::string_view& text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
}

// Takes a whole number of at most `digits` digits from the front.
std::optional<std::int64_t> takeNumber(std::string_view& text, std::size_t digits) {
  std::size_t count = 0;
  while (count < text.size() && isDigit(text[count])) ++count;
  if (count == 0 || count > digits) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + count, value);
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// "1" after the point are 100 ms.
std::optional<std::int64_t> takeMilliseconds(std::string_view& text) {
  const std::size_t before = text.size();
  auto value = takeNumber(text, 3);
  if (!value) return std::nullopt;
  for (std::size_t digits = before - text.size(); digits < 3; ++digits) *value *= 10;
  return value;
}

std::optional<std::int64_t> takeTime(std::string_view& text) {
  std::array<std::int64_t, 3> parts{};  // the last of them are seconds
  std::size_t count = 0;
  do {
    const auto part = takeNumber(text, 4);
    if (!part || count == 3) return std::nullopt;
    parts[count++] = *part;
  } while (take(text, ':'));
  if (count < 2) return std::nullopt;
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && parts[i] > 59) return std::nullopt;
    seconds = seconds * 60 + parts[i];
  }
  std::int64_t ms = 0;
  if (take(text, ',') || take(text, '.')) {
    const auto fraction = takeMilliseconds(text);
    if (!fraction) return std::nullopt;
    ms = *fraction;
  }
  const std::int64_t time = seconds * 1000 + ms;
  return time <= kMaxCaptionMs ? std::optional(time) : std::nullopt;
}

void appendUtf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

std::optional<std::uint32_t> numericEntity(std::string_view name) {
  const bool hex = name.size() > 2 && (name[1] == 'x' || name[1] == 'X');
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < 0x20 || value > 0x10FFFF || surrogate) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> entity(std::string_view name) {
  static constexpr std::pair<std::string_view, std::uint32_t> kNamed[] = {
      {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},
      {"apos", '\''},    {"nbsp", 0xA0},    {"lrm", 0x200E},   {"rlm", 0x200F},
      {"auml", 0xE4},    {"ouml", 0xF6},    {"uuml", 0xFC},    {"Auml", 0xC4},
      {"Ouml", 0xD6},    {"Uuml", 0xDC},    {"szlig", 0xDF},   {"euro", 0x20AC},
      {"copy", 0xA9},    {"reg", 0xAE},     {"deg", 0xB0},     {"hellip", 0x2026},
      {"ndash", 0x2013}, {"mdash", 0x2014}, {"bdquo", 0x201E}, {"ldquo", 0x201C},
      {"rdquo", 0x201D}, {"lsquo", 0x2018}, {"rsquo", 0x2019}};
  if (name.starts_with('#')) return numericEntity(name);
  for (const auto& [known, value] : kNamed)
    if (known == name) return value;
  return std::nullopt;
}

// Builds spans from text and tags in the order they come.
class Spans {
 public:
  void put(char c) { current_ += c; }
  void putEntity(std::uint32_t c) { appendUtf8(current_, c); }
  void tag(std::string_view name) {
    const bool closing = name.starts_with('/');
    if (closing) name.remove_prefix(1);
    if (name == "b" || name == "B") change(bold_, closing);
    if (name == "i" || name == "I" || name == "em") change(italic_, closing);
    if (name == "br" || name == "br/" || name == "BR") current_ += '\n';
  }
  std::vector<CaptionSpan> finish() {
    flush();
    return std::move(spans_);
  }

 private:
  void change(int& depth, bool closing) {
    flush();
    depth = closing ? std::max(0, depth - 1) : std::min(depth + 1, 100);
  }
  void flush() {
    if (!current_.empty()) spans_.push_back({std::move(current_), bold_ > 0, italic_ > 0});
    current_.clear();
  }
  std::vector<CaptionSpan> spans_;
  std::string current_;
  int bold_ = 0, italic_ = 0;
};

// The name inside "<name.class annotation>"; none when this is no tag.
std::optional<std::string_view> tagName(std::string_view inside, bool unknownTags) {
  std::size_t end = inside.find_first_of(" \t\n.");
  if (isDigit(inside.empty() ? ' ' : inside[0])) end = inside.npos;  // a time: no name
  const std::string_view name = inside.substr(0, end);
  const std::string_view bare = name.substr(name.starts_with('/') ? 1 : 0);
  if (unknownTags) return name;
  static constexpr std::string_view kKnown[] = {"b",      "i", "u",  "s", "em",   "font", "span",
                                                "B",      "I", "U",  "S", "FONT", "br",   "br/",
                                                "strong", "p", "BR", "c", "v"};
  const bool known = std::find(std::begin(kKnown), std::end(kKnown), bare) != std::end(kKnown);
  return known ? std::optional(name) : std::nullopt;
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Lines without white space at their ends, no empty ones, no two spaces in a row.
void tidy(std::vector<CaptionSpan>& spans) {
  char last = '\n';
  for (CaptionSpan& span : spans) {
    std::string kept;
    for (const char raw : span.text) {
      const char c = raw == '\t' ? ' ' : raw;
      if (c == '\n' && last == ' ' && !kept.empty()) kept.pop_back();
      if ((c == ' ' && (last == ' ' || last == '\n')) || (c == '\n' && last == '\n')) continue;
      kept += c;
      last = c;
    }
    span.text = std::move(kept);
  }
  while (!spans.empty()) {
    std::string& text = spans.back().text;
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
    if (!text.empty()) break;
    spans.pop_back();
  }
  std::erase_if(spans, [](const CaptionSpan& span) { return span.text.empty(); });
}

Words longerThan(std::size_t bytes) {
  const std::string number = std::to_string(bytes);
  return {"der Untertitel ist länger als " + number + " Bytes",
          "the caption is longer than " + number + " bytes"};
}

std::size_t lineOfBadUtf8(std::string_view bytes) {
  std::size_t line = 1, start = 0;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    if (i < bytes.size() && bytes[i] != '\n') continue;
    if (!text::isUtf8(bytes.substr(start, i - start))) return line;
    start = i + 1;
    ++line;
  }
  return line;
}

}  // namespace

void CaptionMistakes::add(std::size_t line, Words what) {
  if (!full()) mistakes_.push_back({line, std::move(what)});
}

void CaptionMistakes::throwIfAny() const {
  if (!mistakes_.empty()) throw CaptionError(mistakes_);
}

void CaptionMistakes::refuse(std::size_t line, Words what) const {
  throw CaptionError({{line, std::move(what)}});
}

std::vector<std::string_view> captionLines(std::string_view bytes) {
  if (bytes.size() > kMaxCaptionBytes)
    CaptionMistakes().refuse(
        1, {"die Datei ist größer als " + std::to_string(kMaxCaptionBytes) + " Bytes",
            "the file is larger than " + std::to_string(kMaxCaptionBytes) + " bytes"});
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    CaptionMistakes().refuse(1, {"die Datei ist UTF-16; speichern Sie sie als UTF-8",
                                 "the file is UTF-16; save it as UTF-8"});
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (!text::isUtf8(bytes))
    CaptionMistakes().refuse(
        lineOfBadUtf8(bytes),
        {"das ist kein UTF-8 (vielleicht Windows-1252); speichern Sie die Datei als UTF-8",
         "is not UTF-8 (perhaps Windows-1252); save the file as UTF-8"});
  std::vector<std::string_view> lines;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    lines.push_back(bytes.substr(0, end));
    if (end == bytes.npos) break;
    const bool two = bytes.substr(end).starts_with("\r\n");
    bytes.remove_prefix(end + (two ? 2 : 1));
  }
  return lines;
}

bool isTooLong(std::string_view written, std::size_t line, CaptionMistakes& mistakes) {
  if (written.size() <= kMaxWritten) return false;
  mistakes.add(line, longerThan(kMaxWritten));
  return true;
}

bool isBlank(std::string_view line) { return text::trim(line).empty(); }
bool hasArrow(std::string_view line) { return line.find("-->") != line.npos; }

std::optional<CaptionTiming> parseTiming(std::string_view line) {
  CaptionTiming timing;
  skipSpace(line);
  const auto start = takeTime(line);
  if (!start) return std::nullopt;
  skipSpace(line);
  if (!line.starts_with("-->")) return std::nullopt;
  line.remove_prefix(3);
  skipSpace(line);
  const auto end = takeTime(line);
  if (!end || (!line.empty() && !isSpace(line.front()))) return std::nullopt;
  return CaptionTiming{*start, *end, line};
}

std::vector<CaptionSpan> parseSpans(std::string_view text, bool unknownTags) {
  Spans spans;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<') {
      const std::size_t end = text.substr(i, kMaxTag).find('>');
      if (end != text.npos)
        if (const auto name = tagName(text.substr(i + 1, end - 1), unknownTags)) {
          spans.tag(*name);
          i += end;
          continue;
        }
    }
    if (c == '&') {
      const std::size_t end = text.substr(i, 12).find(';');
      if (end != text.npos)
        if (const auto value = entity(text.substr(i + 1, end - 1))) {
          spans.putEntity(*value);
          i += end;
          continue;
        }
    }
    if (c == '\n' || c == '\t' || !isControl(c)) spans.put(c);
  }
  auto result = spans.finish();
  tidy(result);
  return result;
}

void addCaption(Caption caption, std::size_t line, std::vector<Caption>& captions,
                CaptionMistakes& mistakes) {
  if (caption.endMs < caption.startMs)
    return mistakes.add(
        line, {"der Untertitel endet, bevor er beginnt", "the caption ends before it begins"});
  if (caption.spans.empty() || caption.endMs == caption.startMs) return;
  std::size_t bytes = 0;
  for (const auto& span : caption.spans) bytes += span.text.size();
  if (bytes > kMaxCaptionText) return mistakes.add(line, longerThan(kMaxCaptionText));
  if (captions.size() >= kMaxCaptions)
    mistakes.refuse(line, {"es sind mehr als " + std::to_string(kMaxCaptions) + " Untertitel",
                           "there are more than " + std::to_string(kMaxCaptions) + " captions"});
  captions.push_back(std::move(caption));
}

void finishCaptions(std::vector<Caption>& captions, CaptionMistakes& mistakes) {
  mistakes.throwIfAny();
  if (captions.empty())
    mistakes.refuse(1, {"in der Datei steht kein Untertitel", "there is no caption in the file"});
  std::stable_sort(captions.begin(), captions.end(),
                   [](const Caption& a, const Caption& b) { return a.startMs < b.startMs; });
}

}  // namespace clipcourier::transcoder
