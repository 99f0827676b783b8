#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "transcoder/edits.h"

// What the transcoder says about a source and a clip. Plain values with JSON; no libav here.
//
// Numbers are whole (bytes, milliseconds) and frame rates are fractions, so that the canonical form
// of a report is the same wherever it is written.
namespace clipcourier::transcoder {

// One sentence for people, in the languages we speak.
struct Words {
  std::string de, en;
  friend bool operator==(const Words&, const Words&) = default;
};

// Something worth telling about a clip: what was repaired, or what to look at.
struct Notice {
  std::string code;  // stable: "repair.rotated"
  Words words;
  friend bool operator==(const Notice&, const Notice&) = default;
};

// A way out of a refusal that people can take with one click.
struct Choice {
  std::string code;        // stable: "choice.trim", "choice.watch_only"
  Words words;             // "Auf 45 s kürzen"
  std::int64_t value = 0;  // what `code` needs: the milliseconds that are left after trimming
  friend bool operator==(const Choice&, const Choice&) = default;
};

// Why an input cannot become a clip. Permanent: the same bytes are refused again.
struct Refusal {
  std::string code;               // stable: "input.encrypted"
  Words what;                     // what is wrong
  Words hint;                     // what to do
  std::vector<Choice> choices{};  // empty when there is nothing to choose
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct Progress {
  int percent = 0;  // 0..100, never falls
  std::string key;  // "probe", "encode", "check", "pictures"
  Words words;
};

struct Fraction {
  int num = 0, den = 1;
  double value() const { return den ? static_cast<double>(num) / den : 0; }
  friend bool operator==(const Fraction&, const Fraction&) = default;
};
std::string toString(Fraction fraction);  // "30000/1001"

// What the source holds, as found by reading all of its packets and decoding its first frames.
struct Probe {
  std::string container;
  std::uint64_t bytes = 0;
  std::int64_t durationMs = 0;         // of the packets that are really there
  std::int64_t claimedDurationMs = 0;  // what the header says; -1 when it says nothing

  struct Video {
    std::string codec, profile, pixelFormat;
    int width = 0, height = 0;  // as a person sees it: aspect ratio and rotation applied
    int storedWidth = 0, storedHeight = 0;
    Fraction sampleAspect{1, 1};
    int rotation = 0;       // clockwise degrees needed for display: 0, 90, 180, 270
    bool mirrored = false;  // flipped left to right before that turn
    Fraction frameRate;     // average
    bool constantRate = true;
    bool interlaced = false;
    bool alpha = false;
    int bitDepth = 8;
    bool fullRange = false;
    std::string matrix, primaries, transfer;  // "unknown" when the source does not say
    bool hdr = false;
    int dolbyVisionProfile = -1;  // -1: none
    std::int64_t kbps = 0;
    std::int64_t frames = 0;  // packets
    friend bool operator==(const Video&, const Video&) = default;
  } video;

  struct Audio {
    std::string codec;
    int channels = 0;
    int sampleRate = 0;
    std::string layout;
    std::int64_t kbps = 0;
    friend bool operator==(const Audio&, const Audio&) = default;
  };
  std::optional<Audio> audio;  // of the track that is used
  int audioTracks = 0;
  int otherTracks = 0;  // data, subtitles, cover pictures, further video: all ignored
  friend bool operator==(const Probe&, const Probe&) = default;
};

// One thing the profile promises, and what the finished file really is.
struct Claim {
  std::string claim;  // stable: "video.b_slices"
  std::string expected, measured;
  bool passed = false;
  friend bool operator==(const Claim&, const Claim&) = default;
};

// How close the clip's pictures are to those that went into the encoder, as the encoder measured.
struct Quality {
  int ssimPpm = 0;      // structural similarity in millionths; 1,000,000: equal
  int psnrMilliDb = 0;  // of all pixels together, thousandths of a decibel
  friend bool operator==(const Quality&, const Quality&) = default;
};

inline constexpr int kReportVersion = 2;

// The clip's proof: every claim was measured on the output file. A clip whose report has not
// `passed` must not be sent.
struct Report {
  int version = kReportVersion;
  std::string profile;
  std::string sha256;  // of the clip, hexadecimal: what the report is bound to
  std::uint64_t bytes = 0;
  std::int64_t durationMs = 0;
  int width = 0, height = 0;
  Fraction frameRate;
  bool hasAudio = false;
  bool passed = false;
  bool passthrough = false;        // the source's own pictures, not encoded again
  std::optional<Quality> quality;  // none with passthrough
  Edits edits;                     // what was asked for
  std::vector<Claim> claims;
  std::vector<Notice> repaired;
  std::vector<Notice> advice;    // what would make the clip better
  std::vector<Notice> warnings;  // what to look at before it is sent
  Probe source;
  friend bool operator==(const Report&, const Report&) = default;
};

// The bytes a MAC over a report is made of: JSON with sorted keys and no white space.
std::string canonicalBytes(const Report& report);

void to_json(nlohmann::json& json, const Words& words);
void from_json(const nlohmann::json& json, Words& words);
void to_json(nlohmann::json& json, const Notice& notice);
void from_json(const nlohmann::json& json, Notice& notice);
void to_json(nlohmann::json& json, const Choice& choice);
void from_json(const nlohmann::json& json, Choice& choice);
void to_json(nlohmann::json& json, const Refusal& refusal);
void from_json(const nlohmann::json& json, Refusal& refusal);
void to_json(nlohmann::json& json, const Progress& progress);
void from_json(const nlohmann::json& json, Progress& progress);
void to_json(nlohmann::json& json, const Fraction& fraction);
void from_json(const nlohmann::json& json, Fraction& fraction);
void to_json(nlohmann::json& json, const Probe& probe);
void from_json(const nlohmann::json& json, Probe& probe);
void to_json(nlohmann::json& json, const Claim& claim);
void from_json(const nlohmann::json& json, Claim& claim);
void to_json(nlohmann::json& json, const Quality& quality);
void from_json(const nlohmann::json& json, Quality& quality);
void to_json(nlohmann::json& json, const Report& report);
void from_json(const nlohmann::json& json, Report& report);

}  // namespace clipcourier::transcoder
