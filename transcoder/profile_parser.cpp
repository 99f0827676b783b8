#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "transcoder/profile.h"
#include "transcoder/x264_options.h"

namespace clipcourier::transcoder {
namespace {

// Takes the text of one value; answers what is wrong with it, or nothing.
using Setter = std::function<std::optional<std::string>(const std::string&)>;

template <class T>
Setter number(T& target, std::int64_t lowest, std::int64_t highest) {
  return [&target, lowest, highest](const std::string& text) -> std::optional<std::string> {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < lowest ||
        value > highest)
      return "must be a whole number from " + std::to_string(lowest) + " to " +
             std::to_string(highest) + ", not \"" + text + "\"";
    target = static_cast<T>(value);
    return std::nullopt;
  };
}

Setter oneOfNumbers(int& target, std::vector<int> allowed) {
  return [&target, allowed](const std::string& text) -> std::optional<std::string> {
    std::string list;
    for (const int each : allowed) {
      const std::string known = std::to_string(each);
      if (known == text) {
        target = each;
        return std::nullopt;
      }
      list += (list.empty() ? "" : ", ") + known;
    }
    return "must be one of " + list + ", not \"" + text + "\"";
  };
}

Setter bytes(ByteSize& target, std::int64_t lowest, std::int64_t highest) {
  return number(target.bytes, lowest, highest);
}

Setter oneOf(std::string& target, std::vector<std::string> allowed) {
  return [&target, allowed](const std::string& text) -> std::optional<std::string> {
    std::string list;
    for (const auto& each : allowed) {
      if (each == text) {
        target = text;
        return std::nullopt;
      }
      list += (list.empty() ? "" : ", ") + each;
    }
    return "must be one of " + list + ", not \"" + text + "\"";
  };
}

Setter yesOrNo(bool& target) {
  return [&target](const std::string& text) -> std::optional<std::string> {
    if (text != "yes" && text != "no") return "must be yes or no, not \"" + text + "\"";
    target = text == "yes";
    return std::nullopt;
  };
}

Setter colour(std::uint32_t& target) {
  return [&target](const std::string& text) -> std::optional<std::string> {
    if (text.size() == 7 && text[0] == '#') {
      const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, target, 16);
      if (error == std::errc() && end == text.data() + 7) return std::nullopt;
    }
    return "must be a colour like #ffffff, not \"" + text + "\"";
  };
}

Setter x264(std::string& target) {
  return [&target](const std::string& text) { return readX264Options(text, target); };
}

Setter steps(std::vector<int>& target) {
  return [&target](const std::string& text) -> std::optional<std::string> {
    std::vector<int> steps;
    for (const std::string& word : text::split(text, ' ')) {
      if (word.empty()) continue;
      int step = 0;
      if (const auto wrong = number(step, -6, 6)(word)) return wrong;
      steps.push_back(step);
    }
    if (steps.size() > 16) return "must be at most 16 numbers";
    target = steps;
    return std::nullopt;
  };
}

struct Key {
  Setter set;
  bool required = true;
};
using Keys = std::map<std::string, Key>;

Keys keysOfAll(Profile& p) {
  return {
      {"purpose", {oneOf(p.purpose, {"message", "watch", "mail"})}},
      {"format", {oneOf(p.format, {"mp4", "webp", "gif"})}},
      {"rendition.automatic", {yesOrNo(p.automatic), false}},
      {"rendition.order", {number(p.order, 1, 1000), false}},
      {"size.limit_bytes", {bytes(p.limit, 10'000, 4'000'000'000)}},
      {"size.target_bytes", {bytes(p.target, 10'000, 4'000'000'000)}},
      {"length.max_leading_black_seconds", {number(p.maxLeadingBlackSeconds, 0, 60), false}},
      {"video.max_long_side", {number(p.video.maxLongSide, 64, 4096)}},
      {"video.min_source_long_side", {number(p.video.minSourceLongSide, 0, 8192), false}},
      {"video.max_fps", {number(p.video.maxFps, 5, 120)}},
      {"video.background", {colour(p.video.background), false}},
      {"floor.long_side", {number(p.floor.longSide, 32, 4096)}},
      {"floor.fps", {number(p.floor.fps, 1, 60)}},
  };
}

Keys keysOfMp4(Profile& p) {
  return {
      {"length.max_seconds", {number(p.maxSeconds, 1, 24 * 3600)}},
      {"video.profile", {oneOf(p.video.profile, {"baseline", "main", "high"})}},
      {"video.max_level",
       {oneOfNumbers(p.video.maxLevel,
                     {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52})}},
      {"video.max_b_frames", {number(p.video.maxBFrames, 0, 8)}},
      {"video.preset",
       {oneOf(p.video.preset, {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium",
                               "slow", "slower", "veryslow"})}},
      {"video.x264", {x264(p.video.x264), false}},
      {"video.quantiser_steps", {steps(p.video.quantiserSteps), false}},
      {"video.crf", {number(p.video.crf, 10, 45)}},
      {"video.max_kbps", {number(p.video.maxKbps, 50, 100'000)}},
      {"video.key_frame_seconds", {number(p.video.keyFrameSeconds, 1, 60), false}},
      {"audio.channels", {number(p.audio.channels, 1, 2)}},
      {"audio.sample_rate",
       {oneOfNumbers(p.audio.sampleRate,
                     {8'000, 11'025, 12'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000})}},
      {"audio.max_kbps", {number(p.audio.maxKbps, 24, 320)}},
      {"audio.min_kbps", {number(p.audio.minKbps, 16, 320), false}},
      {"floor.crf", {number(p.floor.crf, 20, 51)}},
  };
}

Keys keysOfAnimation(Profile& p) {
  Keys keys{{"length.excerpt_seconds", {number(p.excerptSeconds, 1, 60)}}};
  if (p.format == "webp")
    keys.insert({"animation.quality", {number(p.animation.quality, 1, 100)}});
  else
    keys.insert({"animation.colours", {number(p.animation.colours, 2, 256)}});
  return keys;
}

class Complaints {
 public:
  explicit Complaints(std::string_view profile) : profile_(profile) {}
  void add(int line, const std::string& what) {
    const std::string where =
        line > 0 ? profile_ + " line " + std::to_string(line) : profile_ + " (whole file)";
    details_.push_back({"profile.invalid", where, what});
  }
  bool any() const { return !details_.empty(); }
  void throwIfAny() {
    if (details_.empty()) return;
    std::string all;
    for (const auto& each : details_) all += "; " + each.where + ": " + each.what;
    throw Error(ErrorKind::invalidInput, "profile " + profile_ + " is not valid" + all,
                "Correct the named lines; config/profiles/whatsapp.properties explains every key.",
                "profile.invalid")
        .with(std::move(details_));
  }

 private:
  std::string profile_;
  std::vector<ErrorDetail> details_;
};

struct Line {
  int number = 0;
  std::string key, value;
};

std::vector<Line> linesOf(std::string_view content, Complaints& complaints) {
  std::vector<Line> lines;
  std::map<std::string, int> seen;
  int number = 0;
  for (const std::string& raw : text::split(content, '\n')) {
    ++number;
    const std::string line = text::trim(raw);
    if (line.empty() || line[0] == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos) {
      complaints.add(number, "is not \"key = value\"");
      continue;
    }
    const std::string key = text::trim(line.substr(0, equals));
    if (!seen.emplace(key, number).second)
      complaints.add(number, key + " stands here a second time");
    else
      lines.push_back({number, key, text::trim(line.substr(equals + 1))});
  }
  return lines;
}

// Says each complaint where its line is; a key of another format is told apart from an unknown one.
void setAll(const std::vector<Line>& lines, const Keys& keys, const Keys& foreign,
            const std::string& format, Complaints& complaints) {
  std::map<std::string, bool> given;
  for (const Line& line : lines) {
    given[line.key] = true;
    const auto key = keys.find(line.key);
    if (key != keys.end()) {
      if (const auto wrong = key->second.set(line.value))
        complaints.add(line.number, line.key + " " + *wrong);
    } else if (foreign.contains(line.key)) {
      complaints.add(line.number, line.key + " means nothing for the format " + format);
    } else {
      complaints.add(line.number, "unknown key \"" + line.key + "\"");
    }
  }
  for (const auto& [name, key] : keys)
    if (key.required && !given[name]) complaints.add(0, name + " is missing");
}

// The format is needed before the other keys can be judged.
void readFormat(const std::vector<Line>& lines, Profile& profile) {
  profile.format = "mp4";
  for (const Line& line : lines)
    if (line.key == "format" && (line.value == "webp" || line.value == "gif"))
      profile.format = line.value;
}

void setDefaults(Profile& p) {
  p.maxLeadingBlackSeconds = 5;
  if (p.format != "mp4") {
    p.maxSeconds = 24 * 3600;  // an excerpt of any video
    return;
  }
  p.video.keyFrameSeconds = 5;
  p.audio.minKbps = 24;
}

void compare(const Profile& p, Complaints& complaints) {
  if (p.target > p.limit) complaints.add(0, "size.target_bytes must not be above size.limit_bytes");
  if (p.floor.longSide > p.video.maxLongSide)
    complaints.add(0, "floor.long_side must not be above video.max_long_side");
  if (p.floor.fps > p.video.maxFps) complaints.add(0, "floor.fps must not be above video.max_fps");
  if (p.format != "mp4") return;
  if (p.floor.crf < p.video.crf) complaints.add(0, "floor.crf must not be below video.crf");
  if (p.audio.minKbps > p.audio.maxKbps)
    complaints.add(0, "audio.min_kbps must not be above audio.max_kbps");
  if (p.video.maxBFrames > 0 && !p.video.quantiserSteps.empty())
    complaints.add(0, "video.quantiser_steps is for clips without B-frames");
  if (p.video.maxBFrames > 0 && p.video.profile == "baseline")
    complaints.add(0, "the profile baseline has no B-frames: video.max_b_frames must be 0");
}

}  // namespace

Profile parseProfile(std::string_view name, std::string_view content) {
  Complaints complaints(name);
  Profile profile;
  profile.name = std::string(name);
  const auto lines = linesOf(content, complaints);
  readFormat(lines, profile);
  setDefaults(profile);
  const bool mp4 = profile.format == "mp4";
  const std::string format = profile.format;
  Profile unused;
  Keys foreign = mp4 ? keysOfAnimation(unused) : keysOfMp4(unused);
  unused.format = format == "webp" ? "gif" : "webp";
  foreign.merge(keysOfAnimation(unused));
  Keys keys = keysOfAll(profile);
  keys.merge(mp4 ? keysOfMp4(profile) : keysOfAnimation(profile));
  setAll(lines, keys, foreign, format, complaints);
  if (!complaints.any()) compare(profile, complaints);
  complaints.throwIfAny();
  return profile;
}

}  // namespace clipcourier::transcoder
