#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

// What a person wants changed on the way from source to clip. Plain values with JSON; no libav
// here.
namespace clipcourier::transcoder {

inline constexpr std::int64_t kMaxTrimMs = 24 * 3'600'000;
inline constexpr int kMaxFadeMs = 10'000;

// Default-constructed: nothing is changed.
struct Edits {
  // In the source's shown time: its first picture is 0, whatever its time stamps say. The pictures
  // shown in [start, end) stay; an end behind the source's end is its end.
  std::int64_t trimStartMs = 0;
  std::optional<std::int64_t> trimEndMs;
  // Leading and trailing black or silence goes (at most 30 s each), inside of what the trim left.
  bool trimBlack = false, trimSilence = false;

  struct Fit {
    std::string shape;             // "9:16", "4:5", "1:1", "16:9"
    std::string fill = "crop";     // "crop", "blur", "colour"
    int focusX = 50, focusY = 50;  // crop: the point that stays visible, % from the top left
    std::uint32_t colour = 0;      // colour: 0xRRGGBB of the bars
    friend bool operator==(const Fit&, const Fit&) = default;
  };
  std::optional<Fit> fit;

  bool loudness = false;            // to -16 LUFS, at most -1.5 dBTP
  bool mute = false;                // no audio track at all
  int fadeInMs = 0, fadeOutMs = 0;  // picture and sound

  struct Logo {                           // the picture itself comes by descriptor
    std::string corner = "bottom-right";  // or "top-left", "top-right", "bottom-left"
    int widthPercent = 18;                // of the clip's width
    int marginPercent = 4;                // of the clip's shorter side
    int opacityPercent = 100;
    friend bool operator==(const Logo&, const Logo&) = default;
  };
  std::optional<Logo> logo;

  // "srt" or "webvtt"; the text comes by descriptor. Its times are the source's shown time.
  std::optional<std::string> captions;
  // 0xRRGGBB under a transparent source; none: the profile's.
  std::optional<std::uint32_t> background;

  friend bool operator==(const Edits&, const Edits&) = default;
};

// Width to height, {9, 16} for "9:16".
struct Shape {
  int across = 1, down = 1;
};
std::optional<Shape> parseShape(const std::string& shape);

// "#rrggbb" both ways.
std::optional<std::uint32_t> parseColour(const std::string& text);
std::string colourText(std::uint32_t colour);

// Reads what an API caller sent. Throws Error(invalidInput) code "edits.invalid" whose details()
// name every mistake at once: unknown and misspelt fields, wrong types, values out of range, and
// wishes that contradict each other; `where` is "fit.focus_x". The answer is canonical.
Edits parseEdits(const nlohmann::json& json);

// The same wishes without what has no effect (the focus of a blurred padding, the loudness of a
// muted clip), so that equal results compare equal.
Edits canonical(Edits edits);

// Only what is not the default: no edits are {}, and old JSON keeps its meaning when fields are
// added. Sorted keys; dump() of it is the form to compare or hash.
void to_json(nlohmann::json& json, const Edits& edits);
void from_json(const nlohmann::json& json, Edits& edits);  // = parseEdits

}  // namespace clipcourier::transcoder
