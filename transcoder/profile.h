#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/byte_size.h"

// What a channel accepts, as data: one file per profile in config/profiles/. No libav here.
namespace clipcourier::transcoder {

struct Profile {
  std::string name;
  ByteSize limit;   // the clip is never larger
  ByteSize target;  // and aims at no more than this
  int maxSeconds = 0;
  int maxLeadingBlackSeconds = 0;

  struct Video {
    std::string profile;  // "baseline", "main", "high"
    int maxLevel = 0;     // 40 is level 4.0
    int maxBFrames = 0;
    int maxLongSide = 0;  // pixels
    int maxFps = 0;
    std::string preset;  // x264's name
    int crf = 0;
    int maxKbps = 0;
    std::uint32_t background = 0;  // 0xRRGGBB under transparent pixels
    friend bool operator==(const Video&, const Video&) = default;
  } video;

  struct Audio {
    int channels = 0;
    int sampleRate = 0;
    int maxKbps = 0;
    friend bool operator==(const Audio&, const Audio&) = default;
  } audio;

  struct Pictures {
    int posterLongSide = 0;
    int thumbnailLongSide = 0;
    ByteSize thumbnailLimit;
    friend bool operator==(const Pictures&, const Pictures&) = default;
  } pictures;

  friend bool operator==(const Profile&, const Profile&) = default;
};

// Reads "key = value" lines. Throws Error(invalidInput) that names every bad line and key at once
// (in details(): where is "whatsapp line 12", what names key and range).
Profile parseProfile(std::string_view name, std::string_view text);

// Every *.properties file of a folder by its name without the ending. Throws like parseProfile.
std::map<std::string, Profile> loadProfiles(const std::filesystem::path& folder);

// The profiles this program was built with.
std::map<std::string, Profile> builtInProfiles();

void to_json(nlohmann::json& json, const Profile& profile);
void from_json(const nlohmann::json& json, Profile& profile);

}  // namespace clipcourier::transcoder
