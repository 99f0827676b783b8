#include "transcoder/profile.h"

#include <charconv>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "base/embedded.h"
#include "base/error.h"
#include "base/text.h"

namespace clipcourier {
extern const EmbeddedFile transcoderProfiles[];
extern const int transcoderProfilesCount;
}  // namespace clipcourier

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

Setter colour(std::uint32_t& target) {
  return [&target](const std::string& text) -> std::optional<std::string> {
    if (text.size() == 7 && text[0] == '#') {
      const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, target, 16);
      if (error == std::errc() && end == text.data() + 7) return std::nullopt;
    }
    return "must be a colour like #ffffff, not \"" + text + "\"";
  };
}

// Every key a profile has; all of them are required, so that a file says what it does.
std::map<std::string, Setter> keysOf(Profile& p) {
  return {
      {"size.limit_bytes", bytes(p.limit, 10'000, 4'000'000'000)},
      {"size.target_bytes", bytes(p.target, 10'000, 4'000'000'000)},
      {"length.max_seconds", number(p.maxSeconds, 1, 24 * 3600)},
      {"length.max_leading_black_seconds", number(p.maxLeadingBlackSeconds, 0, 60)},
      {"video.profile", oneOf(p.video.profile, {"baseline", "main", "high"})},
      {"video.max_level", number(p.video.maxLevel, 10, 62)},
      {"video.max_b_frames", number(p.video.maxBFrames, 0, 8)},
      {"video.max_long_side", number(p.video.maxLongSide, 64, 4096)},
      {"video.max_fps", number(p.video.maxFps, 5, 120)},
      {"video.preset", oneOf(p.video.preset, {"ultrafast", "superfast", "veryfast", "faster",
                                              "fast", "medium", "slow", "slower", "veryslow"})},
      {"video.crf", number(p.video.crf, 10, 45)},
      {"video.max_kbps", number(p.video.maxKbps, 50, 100'000)},
      {"video.background", colour(p.video.background)},
      {"audio.channels", number(p.audio.channels, 1, 2)},
      {"audio.sample_rate", number(p.audio.sampleRate, 8'000, 48'000)},
      {"audio.max_kbps", number(p.audio.maxKbps, 24, 320)},
      {"poster.max_long_side", number(p.pictures.posterLongSide, 64, 4096)},
      {"thumbnail.max_long_side", number(p.pictures.thumbnailLongSide, 32, 1024)},
      {"thumbnail.max_bytes", bytes(p.pictures.thumbnailLimit, 1'000, 5'000'000)},
  };
}

class Complaints {
 public:
  explicit Complaints(std::string_view profile) : profile_(profile) {}
  void add(int line, const std::string& what) {
    const std::string where =
        line > 0 ? profile_ + " line " + std::to_string(line) : profile_ + " (whole file)";
    details_.push_back({"profile.invalid", where, what});
  }
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

void readLine(const std::string& line, int number, std::map<std::string, Setter>& keys,
              std::set<std::string>& seen, Complaints& complaints) {
  const auto equals = line.find('=');
  if (equals == std::string::npos) return complaints.add(number, "is not \"key = value\"");
  const std::string key = text::trim(line.substr(0, equals));
  const auto setter = keys.find(key);
  if (setter == keys.end()) return complaints.add(number, "unknown key \"" + key + "\"");
  if (!seen.insert(key).second) return complaints.add(number, key + " stands here a second time");
  if (const auto wrong = setter->second(text::trim(line.substr(equals + 1))))
    complaints.add(number, key + " " + *wrong);
}

}  // namespace

Profile parseProfile(std::string_view name, std::string_view content) {
  Complaints complaints(name);
  Profile profile;
  profile.name = std::string(name);
  auto keys = keysOf(profile);
  std::set<std::string> seen;
  int number = 0;
  for (const std::string& raw : text::split(content, '\n')) {
    ++number;
    const std::string line = text::trim(raw);
    if (!line.empty() && line[0] != '#') readLine(line, number, keys, seen, complaints);
  }
  for (const auto& [key, setter] : keys)
    if (!seen.contains(key)) complaints.add(0, key + " is missing");
  if (profile.target > profile.limit)
    complaints.add(0, "size.target_bytes must not be above size.limit_bytes");
  complaints.throwIfAny();
  return profile;
}

std::map<std::string, Profile> loadProfiles(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::directory_iterator files(folder, failed);
  if (failed)
    throw Error(ErrorKind::invalidInput,
                "cannot read the profile folder " + folder.string() + ": " + failed.message(),
                "Name the folder that holds whatsapp.properties.", "profile.no_folder");
  std::map<std::string, Profile> profiles;
  for (const auto& file : files) {
    if (file.path().extension() != ".properties") continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    const std::string name = file.path().stem().string();
    profiles.emplace(name, parseProfile(name, content));
  }
  return profiles;
}

std::map<std::string, Profile> builtInProfiles() {
  std::map<std::string, Profile> profiles;
  for (int i = 0; i < transcoderProfilesCount; ++i) {
    const std::string name = std::filesystem::path(transcoderProfiles[i].name).stem().string();
    profiles.emplace(name, parseProfile(name, transcoderProfiles[i].content));
  }
  return profiles;
}

// The worker gets a profile as it was parsed, so it needs no file.
void to_json(nlohmann::json& json, const Profile& p) {
  json = {{"name", p.name},
          {"limit", p.limit.bytes},
          {"target", p.target.bytes},
          {"max_seconds", p.maxSeconds},
          {"max_leading_black_seconds", p.maxLeadingBlackSeconds},
          {"video",
           {{"profile", p.video.profile},
            {"max_level", p.video.maxLevel},
            {"max_b_frames", p.video.maxBFrames},
            {"max_long_side", p.video.maxLongSide},
            {"max_fps", p.video.maxFps},
            {"preset", p.video.preset},
            {"crf", p.video.crf},
            {"max_kbps", p.video.maxKbps},
            {"background", p.video.background}}},
          {"audio",
           {{"channels", p.audio.channels},
            {"sample_rate", p.audio.sampleRate},
            {"max_kbps", p.audio.maxKbps}}},
          {"pictures",
           {{"poster_long_side", p.pictures.posterLongSide},
            {"thumbnail_long_side", p.pictures.thumbnailLongSide},
            {"thumbnail_limit", p.pictures.thumbnailLimit.bytes}}}};
}

void from_json(const nlohmann::json& json, Profile& p) {
  json.at("name").get_to(p.name);
  json.at("limit").get_to(p.limit.bytes);
  json.at("target").get_to(p.target.bytes);
  json.at("max_seconds").get_to(p.maxSeconds);
  json.at("max_leading_black_seconds").get_to(p.maxLeadingBlackSeconds);
  const auto& video = json.at("video");
  video.at("profile").get_to(p.video.profile);
  video.at("max_level").get_to(p.video.maxLevel);
  video.at("max_b_frames").get_to(p.video.maxBFrames);
  video.at("max_long_side").get_to(p.video.maxLongSide);
  video.at("max_fps").get_to(p.video.maxFps);
  video.at("preset").get_to(p.video.preset);
  video.at("crf").get_to(p.video.crf);
  video.at("max_kbps").get_to(p.video.maxKbps);
  video.at("background").get_to(p.video.background);
  const auto& audio = json.at("audio");
  audio.at("channels").get_to(p.audio.channels);
  audio.at("sample_rate").get_to(p.audio.sampleRate);
  audio.at("max_kbps").get_to(p.audio.maxKbps);
  const auto& pictures = json.at("pictures");
  pictures.at("poster_long_side").get_to(p.pictures.posterLongSide);
  pictures.at("thumbnail_long_side").get_to(p.pictures.thumbnailLongSide);
  pictures.at("thumbnail_limit").get_to(p.pictures.thumbnailLimit.bytes);
}

}  // namespace clipcourier::transcoder
