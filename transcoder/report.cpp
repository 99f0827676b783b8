#include "transcoder/report.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace clipcourier::transcoder {
namespace {

using nlohmann::json;

struct Writer {
  json& target;
  template <class T>
  void operator()(const char* key, const T& value) const {
    target[key] = value;
  }
  template <class T>
  void operator()(const char* key, const std::optional<T>& value) const {
    target[key] = value ? json(*value) : json(nullptr);
  }
};

struct Reader {
  const json& source;
  template <class T>
  void operator()(const char* key, T& value) const {
    source.at(key).get_to(value);
  }
  template <class T>
  void operator()(const char* key, std::optional<T>& value) const {
    const json& field = source.at(key);
    value.reset();
    if (field.is_null()) return;
    T given{};
    field.get_to(given);
    value = std::move(given);
  }
};

// The members of each type, once for both directions. T is const when writing.
template <class Visit, class T>
void words(Visit&& visit, T& o) {
  visit("de", o.de);
  visit("en", o.en);
}

template <class Visit, class T>
void notice(Visit&& visit, T& o) {
  visit("code", o.code);
  visit("words", o.words);
}

template <class Visit, class T>
void choice(Visit&& visit, T& o) {
  visit("code", o.code);
  visit("words", o.words);
  visit("value", o.value);
}

template <class Visit, class T>
void refusal(Visit&& visit, T& o) {
  visit("code", o.code);
  visit("what", o.what);
  visit("hint", o.hint);
  visit("choices", o.choices);
}

template <class Visit, class T>
void progress(Visit&& visit, T& o) {
  visit("percent", o.percent);
  visit("key", o.key);
  visit("words", o.words);
}

template <class Visit, class T>
void probeVideo(Visit&& visit, T& o) {
  visit("codec", o.codec);
  visit("profile", o.profile);
  visit("pixel_format", o.pixelFormat);
  visit("width", o.width);
  visit("height", o.height);
  visit("stored_width", o.storedWidth);
  visit("stored_height", o.storedHeight);
  visit("sample_aspect", o.sampleAspect);
  visit("rotation", o.rotation);
  visit("mirrored", o.mirrored);
  visit("frame_rate", o.frameRate);
  visit("constant_rate", o.constantRate);
  visit("interlaced", o.interlaced);
  visit("alpha", o.alpha);
  visit("bit_depth", o.bitDepth);
  visit("full_range", o.fullRange);
  visit("matrix", o.matrix);
  visit("primaries", o.primaries);
  visit("transfer", o.transfer);
  visit("hdr", o.hdr);
  visit("dolby_vision_profile", o.dolbyVisionProfile);
  visit("kbps", o.kbps);
  visit("frames", o.frames);
}

template <class Visit, class T>
void probeAudio(Visit&& visit, T& o) {
  visit("codec", o.codec);
  visit("channels", o.channels);
  visit("sample_rate", o.sampleRate);
  visit("layout", o.layout);
  visit("kbps", o.kbps);
}

template <class Visit, class T>
void probe(Visit&& visit, T& o) {
  visit("container", o.container);
  visit("bytes", o.bytes);
  visit("duration_ms", o.durationMs);
  visit("claimed_duration_ms", o.claimedDurationMs);
  visit("video", o.video);
  visit("audio", o.audio);
  visit("audio_tracks", o.audioTracks);
  visit("other_tracks", o.otherTracks);
}

template <class Visit, class T>
void claim(Visit&& visit, T& o) {
  visit("claim", o.claim);
  visit("expected", o.expected);
  visit("measured", o.measured);
  visit("passed", o.passed);
}

template <class Visit, class T>
void quality(Visit&& visit, T& o) {
  visit("ssim_ppm", o.ssimPpm);
  visit("psnr_milli_db", o.psnrMilliDb);
}

template <class Visit, class T>
void report(Visit&& visit, T& o) {
  visit("version", o.version);
  visit("profile", o.profile);
  visit("sha256", o.sha256);
  visit("bytes", o.bytes);
  visit("duration_ms", o.durationMs);
  visit("width", o.width);
  visit("height", o.height);
  visit("frame_rate", o.frameRate);
  visit("has_audio", o.hasAudio);
  visit("passed", o.passed);
  visit("passthrough", o.passthrough);
  visit("quality", o.quality);
  visit("edits", o.edits);
  visit("claims", o.claims);
  visit("repaired", o.repaired);
  visit("advice", o.advice);
  visit("warnings", o.warnings);
  visit("source", o.source);
}

int wholeNumber(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("not a fraction");
  return value;
}

}  // namespace

void to_json(json& j, const Words& o) { words(Writer{j}, o); }
void from_json(const json& j, Words& o) { words(Reader{j}, o); }
void to_json(json& j, const Notice& o) { notice(Writer{j}, o); }
void from_json(const json& j, Notice& o) { notice(Reader{j}, o); }
void to_json(json& j, const Choice& o) { choice(Writer{j}, o); }
void from_json(const json& j, Choice& o) { choice(Reader{j}, o); }
void to_json(json& j, const Refusal& o) { refusal(Writer{j}, o); }
void from_json(const json& j, Refusal& o) { refusal(Reader{j}, o); }
void to_json(json& j, const Progress& o) { progress(Writer{j}, o); }
void from_json(const json& j, Progress& o) { progress(Reader{j}, o); }
static void to_json(json& j, const Probe::Video& o) { probeVideo(Writer{j}, o); }
static void from_json(const json& j, Probe::Video& o) { probeVideo(Reader{j}, o); }
static void to_json(json& j, const Probe::Audio& o) { probeAudio(Writer{j}, o); }
static void from_json(const json& j, Probe::Audio& o) { probeAudio(Reader{j}, o); }
void to_json(json& j, const Probe& o) { probe(Writer{j}, o); }
void from_json(const json& j, Probe& o) { probe(Reader{j}, o); }
void to_json(json& j, const Claim& o) { claim(Writer{j}, o); }
void from_json(const json& j, Claim& o) { claim(Reader{j}, o); }
void to_json(json& j, const Quality& o) { quality(Writer{j}, o); }
void from_json(const json& j, Quality& o) { quality(Reader{j}, o); }
void to_json(json& j, const Report& o) { report(Writer{j}, o); }
void from_json(const json& j, Report& o) { report(Reader{j}, o); }

void to_json(json& j, const Fraction& o) { j = toString(o); }

void from_json(const json& j, Fraction& o) {
  const auto& text = j.get_ref<const std::string&>();
  const auto slash = text.find('/');
  if (slash == std::string::npos) throw std::invalid_argument("not a fraction");
  o = {wholeNumber(std::string_view(text).substr(0, slash)),
       wholeNumber(std::string_view(text).substr(slash + 1))};
}

std::string toString(Fraction fraction) {
  return std::to_string(fraction.num) + "/" + std::to_string(fraction.den);
}

std::string canonicalBytes(const Report& report) {
  // Source strings may hold anything; invalid UTF-8 is replaced instead of thrown about.
  return json(report).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace clipcourier::transcoder
