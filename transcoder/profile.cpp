#include "transcoder/profile.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/embedded.h"
#include "base/error.h"

namespace clipcourier {
extern const EmbeddedFile transcoderProfiles[];
extern const int transcoderProfilesCount;
}  // namespace clipcourier

namespace clipcourier::transcoder {

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

// The worker gets a profile as it was parsed, so it needs no file. Each key once for both ways.
namespace {

struct Writer {
  nlohmann::json& target;
  template <class T>
  void operator()(const char* key, const T& value) const {
    target[key] = value;
  }
  void operator()(const char* key, ByteSize value) const { target[key] = value.bytes; }
};

struct Reader {
  const nlohmann::json& source;
  template <class T>
  void operator()(const char* key, T& value) const {
    source.at(key).get_to(value);
  }
  void operator()(const char* key, ByteSize& value) const { source.at(key).get_to(value.bytes); }
};

template <class Visit, class T>
void visitAll(Visit&& visit, T& p) {
  visit("name", p.name);
  visit("purpose", p.purpose);
  visit("format", p.format);
  visit("automatic", p.automatic);
  visit("order", p.order);
  visit("limit", p.limit);
  visit("target", p.target);
  visit("max_seconds", p.maxSeconds);
  visit("excerpt_seconds", p.excerptSeconds);
  visit("max_leading_black_seconds", p.maxLeadingBlackSeconds);
  visit("max_long_side", p.video.maxLongSide);
  visit("min_source_long_side", p.video.minSourceLongSide);
  visit("max_fps", p.video.maxFps);
  visit("background", p.video.background);
  visit("profile", p.video.profile);
  visit("max_level", p.video.maxLevel);
  visit("max_b_frames", p.video.maxBFrames);
  visit("preset", p.video.preset);
  visit("x264", p.video.x264);
  visit("quantiser_steps", p.video.quantiserSteps);
  visit("crf", p.video.crf);
  visit("max_kbps", p.video.maxKbps);
  visit("key_frame_seconds", p.video.keyFrameSeconds);
  visit("audio_channels", p.audio.channels);
  visit("audio_sample_rate", p.audio.sampleRate);
  visit("audio_max_kbps", p.audio.maxKbps);
  visit("audio_min_kbps", p.audio.minKbps);
  visit("floor_long_side", p.floor.longSide);
  visit("floor_fps", p.floor.fps);
  visit("floor_crf", p.floor.crf);
  visit("animation_quality", p.animation.quality);
  visit("animation_colours", p.animation.colours);
}

}  // namespace

void to_json(nlohmann::json& json, const Profile& p) { visitAll(Writer{json}, p); }
void from_json(const nlohmann::json& json, Profile& p) { visitAll(Reader{json}, p); }

}  // namespace clipcourier::transcoder
