#include "transcoder/worker/edit_options.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::transcoder {
namespace {

using nlohmann::json;

[[noreturn]] void misused(const std::string& what) {
  throw Error(ErrorKind::invalidInput, what, "See clipcourier-transcoder --help.");
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) < 1e6))
    return std::nullopt;
  return value;
}

// "12.5" or "1:02.5".
std::int64_t milliseconds(const std::string& word, const std::string& text) {
  double seconds = 0;
  for (const std::string& part : text::split(text, ':')) {
    const auto value = number(part);
    if (!value || *value < 0) misused(word + " needs seconds, such as 12.5 or 1:02.5");
    seconds = seconds * 60 + *value;
  }
  return std::llround(seconds * 1000);
}

std::int64_t whole(const std::string& word, const std::string& text) {
  const auto value = number(text);
  if (!value || *value != std::floor(*value)) misused(word + ": " + text + " is no whole number");
  return static_cast<std::int64_t>(*value);
}

void trim(json& edits, const std::string& text) {
  const auto dash = text.find('-');
  if (dash == text.npos) misused("--trim needs two times, such as 2.5-10, 5- or -30");
  if (dash > 0) edits["trim_start_ms"] = milliseconds("--trim", text.substr(0, dash));
  if (dash + 1 < text.size()) edits["trim_end_ms"] = milliseconds("--trim", text.substr(dash + 1));
}

void focus(json& edits, const std::string& text) {
  const auto parts = text::split(text, ',');
  if (parts.size() != 2) misused("--focus needs two per cents, such as 30,50");
  edits["fit"]["focus_x"] = whole("--focus", parts[0]);
  edits["fit"]["focus_y"] = whole("--focus", parts[1]);
}

void fill(json& edits, const std::string& text) {
  if (!text.starts_with('#')) {
    edits["fit"]["fill"] = text;
    return;
  }
  edits["fit"]["fill"] = "colour";
  edits["fit"]["colour"] = text;
}

std::string captionsKind(const std::string& file) {
  const std::string name = text::lower(file);
  if (name.ends_with(".srt")) return "srt";
  if (name.ends_with(".vtt")) return "webvtt";
  misused("--captions needs a file that ends with .srt or .vtt");
}

}  // namespace

struct EditOptions::Impl {
  json edits = json::object();
  std::string captions, logo;

  void takeLogo(const std::string& text) {
    const auto parts = text::split(text, ',');
    logo = parts[0];
    edits["logo"] = json::object();
    constexpr const char* kNumbers[] = {"width_percent", "margin_percent", "opacity_percent"};
    if (parts.size() > 5) misused("--logo has more than FILE,CORNER,WIDTH,MARGIN,OPACITY");
    if (parts.size() > 1) edits["logo"]["corner"] = parts[1];
    for (std::size_t i = 2; i < parts.size(); ++i)
      edits["logo"][kNumbers[i - 2]] = whole("--logo", parts[i]);
  }
};

EditOptions::EditOptions() : impl_(std::make_unique<Impl>()) {}
EditOptions::~EditOptions() = default;
EditOptions::EditOptions(EditOptions&&) noexcept = default;

const char* EditOptions::help() {
  return R"(Edits, in the source's own time:
  --trim A-B          only what is shown from A to B (seconds or 1:02.5; A or B may be left away)
  --trim-black        black at both ends goes, up to 30 s
  --trim-silence      silence at both ends goes, up to 30 s
  --fit SHAPE         9:16, 4:5, 1:1 or 16:9
  --fill HOW          crop (default), blur, or a colour like #102030 for the bars
  --focus X,Y         the point that a crop keeps, in per cent from the top left (50,50)
  --loudness          -16 LUFS, at most -1.5 dBTP
  --mute              no sound
  --captions FILE     burned in; .srt or .vtt, UTF-8
  --logo FILE[,CORNER[,WIDTH[,MARGIN[,OPACITY]]]]
                      PNG, JPEG or WebP; top-left, top-right, bottom-left or bottom-right, and
                      per cent (bottom-right,18,4,100)
  --fade-in SECONDS   picture and sound, up to 10 s; the first frame is never black
  --fade-out SECONDS
  --background COLOUR under transparent pictures
)";
}

bool EditOptions::take(const std::string& word, const std::function<const std::string&()>& value) {
  json& edits = impl_->edits;
  if (word == "--trim")
    trim(edits, value());
  else if (word == "--trim-black")
    edits["trim_black"] = true;
  else if (word == "--trim-silence")
    edits["trim_silence"] = true;
  else if (word == "--fit")
    edits["fit"]["shape"] = value();
  else if (word == "--fill")
    fill(edits, value());
  else if (word == "--focus")
    focus(edits, value());
  else if (word == "--loudness")
    edits["loudness"] = true;
  else if (word == "--mute")
    edits["mute"] = true;
  else if (word == "--captions")
    edits["captions"] = captionsKind(impl_->captions = value());
  else if (word == "--logo")
    impl_->takeLogo(value());
  else if (word == "--fade-in")
    edits["fade_in_ms"] = milliseconds(word, value());
  else if (word == "--fade-out")
    edits["fade_out_ms"] = milliseconds(word, value());
  else if (word == "--background")
    edits["background"] = value();
  else
    return false;
  return true;
}

Edits EditOptions::edits() const { return parseEdits(impl_->edits); }
const std::string& EditOptions::captionsFile() const { return impl_->captions; }
const std::string& EditOptions::logoFile() const { return impl_->logo; }

}  // namespace clipcourier::transcoder
