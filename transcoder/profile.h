#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"

// What a channel accepts, as data: one file per profile in config/profiles/. No libav here.
namespace clipcourier::transcoder {

struct Profile {
  std::string name;
  std::string purpose;     // "message": sent; "watch": for the watch page; "mail": inside an e-mail
  std::string format;      // "mp4", "webp" or "gif"
  bool automatic = false;  // every video gets it; else only when asked for
  int order = 50;          // smaller ones are made sooner; equal ones by name
  ByteSize limit;          // the clip is never larger
  ByteSize target;         // and aims at no more than this
  int maxSeconds = 0;
  int excerptSeconds = 0;  // of webp and gif: how much of the video is shown; 0 for mp4
  int maxLeadingBlackSeconds = 0;

  struct Video {
    int maxLongSide = 0;        // pixels
    int minSourceLongSide = 0;  // a smaller source does not get this rendition
    int maxFps = 0;
    std::uint32_t background = 0xffffff;  // 0xRRGGBB under transparent pixels
    // Only for mp4:
    std::string profile;  // "baseline", "main", "high"
    int maxLevel = 0;     // 40 is level 4.0
    int maxBFrames = 0;
    std::string preset;  // x264's name
    std::string x264;    // further options of x264, "ref=3:qcomp=0.7"; may be empty
    // Added to the quantiser of one picture after the other, again and again; may be empty. Without
    // B-frames better pictures now and then serve those after them.
    std::vector<int> quantiserSteps;
    int crf = 0;
    int maxKbps = 0;
    int keyFrameSeconds = 0;
    friend bool operator==(const Video&, const Video&) = default;
  } video;

  struct Audio {  // only for mp4
    int channels = 0;
    int sampleRate = 0;
    int maxKbps = 0;
    int minKbps = 0;  // what a tight budget leaves of it
    friend bool operator==(const Audio&, const Audio&) = default;
  } audio;

  // Where a clip stops being worth sending: a source that would need less is refused.
  struct Floor {
    int longSide = 0;  // pixels; smaller sources count as they are
    int fps = 0;
    int crf = 0;  // the worst picture, as x264 counts: 51 is the end
    friend bool operator==(const Floor&, const Floor&) = default;
  } floor;

  struct Animation {  // only for webp and gif
    int quality = 0;  // webp: 1..100, its encoder's quality
    int colours = 0;  // gif: 2..256, of its palette
    friend bool operator==(const Animation&, const Animation&) = default;
  } animation;

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
