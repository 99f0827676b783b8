#include "transcoder/second_opinion.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "transcoder/files.h"

namespace clipcourier::transcoder {
namespace {

using nlohmann::json;

constexpr int kLongSide = 128;
constexpr int kSoundRate = 8'000;

std::string number(double value) { return std::to_string(value); }

int small(int side, int longSide) {
  const double scaled = static_cast<double>(side) * std::min(1.0, 1.0 * kLongSide / longSide);
  return std::max(2, static_cast<int>(std::lround(scaled / 2)) * 2);
}

Pictures sized(const Report& clip) {
  const int longSide = std::max(clip.width, clip.height);
  return {small(clip.width, longSide), small(clip.height, longSide), {}};
}

// Values outside the range are shown as its ends; encoders need not cut them off.
char within(char value, int most) {
  return static_cast<char>(
      std::clamp(static_cast<int>(static_cast<unsigned char>(value)), 16, most));
}

void cut(Pictures& pictures, const std::string& bytes) {
  const auto plane = pictures.pixels();
  for (std::size_t at = 0; at + 3 * plane <= bytes.size(); at += 3 * plane) {
    std::string frame = bytes.substr(at, 3 * plane);
    for (std::size_t i = 0; i < frame.size(); ++i)
      frame[i] = within(frame[i], i < plane ? 235 : 240);
    pictures.frames.push_back(std::move(frame));
  }
}

// RGBA on white, in BT.709 limited range.
std::string flattened(const std::string& rgba) {
  const std::size_t plane = rgba.size() / 4;
  std::string frame(3 * plane, '\0');
  for (std::size_t i = 0; i < plane; ++i) {
    const auto part = [&](std::size_t c) { return static_cast<unsigned char>(rgba[4 * i + c]); };
    const double alpha = part(3) / 255.0;
    const auto on = [&](std::size_t c) { return part(c) / 255.0 * alpha + 1 - alpha; };
    const double luma = 0.2126 * on(0) + 0.7152 * on(1) + 0.0722 * on(2);
    frame[i] = static_cast<char>(std::lround(16 + 219 * luma));
    frame[plane + i] = static_cast<char>(std::lround(128 + 224 * (on(2) - luma) / 1.8556));
    frame[2 * plane + i] = static_cast<char>(std::lround(128 + 224 * (on(0) - luma) / 1.5748));
  }
  return frame;
}

json firstFrame(const std::filesystem::path& source, const std::string& stream) {
  const json facts = json::parse(outputOf("ffprobe -v quiet -of json -select_streams " + stream +
                                          " -show_frames -show_streams -read_intervals '%+#1' '" +
                                          source.string() + "' || true"),
                                 nullptr, false);
  if (facts.is_discarded()) return json::object();
  json all = json::object();
  const json streams = facts.value("streams", json::array());
  if (!streams.empty()) all.update(streams[0]);
  const json frames = facts.value("frames", json::array());
  if (!frames.empty()) all.update(frames[0]);
  return all;
}

// What players assume where a file says nothing.
std::string matrixOf(const json& frame) {
  const std::string said = frame.value("color_space", "unknown");
  if (said != "unknown" && said != "reserved" && said != "gbr") return said;
  return frame.value("height", 0) > 576 ? "bt709" : "bt601";
}

bool hasAlpha(const std::string& format) {
  return format == "bgra" || format == "rgba" || format == "pal8" || format.starts_with("yuva");
}

std::string colours(const json& frame, const std::string& size) {
  const std::string transfer = frame.value("color_transfer", "unknown");
  const bool hdr = transfer == "smpte2084" || transfer == "arib-std-b67";
  if (hdr)
    return "zscale=" + size +
           ":t=linear:npl=203:f=bicubic,format=gbrpf32le,zscale=p=709,"
           "tonemap=mobius:param=0.3:peak=5:desat=2,zscale=t=709:m=709:r=limited,format=yuv444p";
  const std::string wide =
      frame.value("color_primaries", "") == "bt2020" ? "zscale=p=709:m=709:t=709," : "";
  const std::string matrix = wide.empty() ? matrixOf(frame) : "bt709";
  return wide + "scale=" + size + ":flags=area:in_color_matrix=" + matrix +
         ":out_color_matrix=bt709:out_range=tv,format=yuv444p";
}

std::string decoderFor(const json& frame) {
  const auto tags = frame.value("tags", json::object());
  const bool alpha = tags.value("alpha_mode", "") == "1" || tags.value("ALPHA_MODE", "") == "1";
  if (!alpha) return "";
  return frame.value("codec_name", "") == "vp9" ? "-c:v libvpx-vp9 " : "-c:v libvpx ";
}

double mean(const std::string& plane) {
  double sum = 0;
  for (const char c : plane) sum += static_cast<unsigned char>(c);
  return plane.empty() ? 0 : sum / static_cast<double>(plane.size());
}

double meanDifference(const std::string& a, const std::string& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += std::abs(static_cast<unsigned char>(a[i]) - static_cast<unsigned char>(b[i]));
  return a.empty() ? 0 : sum / static_cast<double>(a.size());
}

// SSIM over 8x8 windows, every four pixels.
double ssim(const std::string& a, const std::string& b, int width, int height) {
  constexpr double c1 = 6.5025, c2 = 58.5225;
  const int side = std::min({8, width, height});
  double total = 0;
  int count = 0;
  for (int y = 0; y + side <= height; y += 4)
    for (int x = 0; x + side <= width; x += 4, ++count) {
      double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
      for (int j = 0; j < side; ++j)
        for (int i = 0; i < side; ++i) {
          const auto at = static_cast<std::size_t>((y + j) * width + x + i);
          const double p = static_cast<unsigned char>(a[at]), q = static_cast<unsigned char>(b[at]);
          sa += p, sb += q, saa += p * p, sbb += q * q, sab += p * q;
        }
      const double n = side * side, ma = sa / n, mb = sb / n;
      const double va = saa / n - ma * ma, vb = sbb / n - mb * mb, cov = sab / n - ma * mb;
      total += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    }
  return count ? total / count : 0;
}

std::vector<double> samples(const std::filesystem::path& file, const std::string& track,
                            double untilSeconds, SoundTimes times) {
  const std::string filter =
      times == SoundTimes::fromFile ? "aresample=async=1:min_hard_comp=0.025" : "asetpts=N/SR/TB";
  const std::string bytes =
      outputOf("ffmpeg -v quiet -i '" + file.string() + "' -map 0:" + track + " -vn -af " + filter +
               " -t " + number(untilSeconds) + " -ac 1 -ar " + std::to_string(kSoundRate) +
               " -f s16le - </dev/null || true");
  std::vector<double> all;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    all.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(bytes[i]) |
                                            (static_cast<unsigned char>(bytes[i + 1]) << 8)));
  return all;
}

// The track that players take.
std::string soundTrack(const std::filesystem::path& file) {
  const json facts =
      json::parse(outputOf("ffprobe -v quiet -of json -select_streams a "
                           "-show_entries stream=index:stream_disposition=default '" +
                           file.string() + "'"),
                  nullptr, false);
  std::string first;
  for (const auto& stream : facts.value("streams", json::array())) {
    const std::string index = std::to_string(stream.value("index", 0));
    if (first.empty()) first = index;
    if (stream["disposition"].value("default", 0) == 1) return index;
  }
  return first;
}

double timeOf(const json& frame) {
  return std::atof(frame.value("best_effort_timestamp_time", "0").c_str());
}

// Similarity of a[at..at+count) with b, moved by `lag`; -1..1.
double correlation(const std::vector<double>& a, const std::vector<double>& b, std::ptrdiff_t at,
                   std::ptrdiff_t count, std::ptrdiff_t lag) {
  double aa = 0, bb = 0, ab = 0;
  for (std::ptrdiff_t i = at; i < at + count; ++i) {
    const std::ptrdiff_t j = i + lag;
    if (i < 0 || j < 0 || i >= std::ssize(a) || j >= std::ssize(b)) continue;
    const double p = a[static_cast<std::size_t>(i)], q = b[static_cast<std::size_t>(j)];
    aa += p * p, bb += q * q, ab += p * q;
  }
  const double enough = 50.0 * 50.0 * static_cast<double>(count) / 2;
  return aa < enough || bb < enough ? 0 : ab / std::sqrt(aa * bb);
}

}  // namespace

Pictures picturesOfSource(const std::filesystem::path& source, const Report& clip) {
  Pictures pictures = sized(clip);
  const json frame = firstFrame(source, "v:0");
  const std::string size =
      "w=" + std::to_string(pictures.width) + ":h=" + std::to_string(pictures.height);
  const bool interlaced = frame.value("interlaced_frame", 0) == 1;
  const std::string start = interlaced ? "yadif=deint=interlaced," : "";
  const bool alpha = hasAlpha(frame.value("pix_fmt", "")) || !decoderFor(frame).empty();
  const std::string filters =
      start + (alpha ? "format=rgba,scale=" + size + ":flags=area" : colours(frame, size)) +
      ",setsar=1,fps=" + toString(clip.frameRate) + ":eof_action=pass";
  const auto frames =
      static_cast<int>(static_cast<double>(clip.durationMs) * clip.frameRate.value() / 1000) + 3;
  // Filters that start over where the size changes would begin their clock anew.
  const std::string bytes =
      outputOf("ffmpeg -v quiet -threads 2 -reinit_filter 0 " + decoderFor(frame) + "-i '" +
               source.string() + "' -map 0:v:0 -vf \"" + filters + "\" -vsync 0 -frames:v " +
               std::to_string(frames) + " -f rawvideo -pix_fmt " + (alpha ? "rgba" : "yuv444p") +
               " - </dev/null || true");
  if (!alpha) {
    cut(pictures, bytes);
    return pictures;
  }
  for (std::size_t at = 0; at + 4 * pictures.pixels() <= bytes.size(); at += 4 * pictures.pixels())
    pictures.frames.push_back(flattened(bytes.substr(at, 4 * pictures.pixels())));
  return pictures;
}

Pictures picturesOfClip(const std::filesystem::path& clip, const Report& report) {
  Pictures pictures = sized(report);
  cut(pictures, outputOf("ffmpeg -v quiet -threads 2 -i '" + clip.string() + "' -vf scale=" +
                         std::to_string(pictures.width) + ":" + std::to_string(pictures.height) +
                         ":flags=area -vsync 0 -f rawvideo -pix_fmt yuv444p - </dev/null || true"));
  return pictures;
}

Likeness likeness(const Pictures& a, std::size_t i, const Pictures& b, std::size_t j) {
  if (i >= a.frames.size() || j >= b.frames.size()) return {};
  const auto plane = a.pixels();
  const std::string lumaA = a.frames[i].substr(0, plane), lumaB = b.frames[j].substr(0, plane);
  return {ssim(lumaA, lumaB, a.width, a.height), std::abs(mean(lumaA) - mean(lumaB)),
          meanDifference(a.frames[i].substr(plane), b.frames[j].substr(plane))};
}

int pictureLag(const Pictures& source, const Pictures& clip, int most) {
  const auto off = [&](int lag) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < std::ssize(clip.frames); ++i) {
      const int j = i - lag;
      if (j < 0 || j >= std::ssize(source.frames)) continue;
      sum += meanDifference(clip.frames[static_cast<std::size_t>(i)],
                            source.frames[static_cast<std::size_t>(j)]);
      ++count;
    }
    return count ? sum / count : 1e9;
  };
  int best = 0;
  for (int lag = 1; lag <= most; ++lag)
    for (const int each : {lag, -lag})
      if (off(each) < off(best) * 0.98) best = each;
  return best;
}

std::optional<double> soundLagMs(const std::filesystem::path& source,
                                 const std::filesystem::path& clip, std::int64_t fromMs,
                                 std::int64_t toMs, SoundTimes times) {
  const std::string track = soundTrack(source);
  if (track.empty()) return {};
  const double startsLater = timeOf(firstFrame(source, track)) - timeOf(firstFrame(source, "v:0"));
  const double until = static_cast<double>(toMs) / 1000 + 1;
  const auto ours = samples(clip, "a:0", until, SoundTimes::fromFile);
  const auto theirs = samples(source, track, until - startsLater, times);
  const auto shift = static_cast<std::ptrdiff_t>(std::llround(startsLater * kSoundRate));
  const auto at = static_cast<std::ptrdiff_t>(fromMs * kSoundRate / 1000);
  const auto count = static_cast<std::ptrdiff_t>((toMs - fromMs) * kSoundRate / 1000);
  constexpr std::ptrdiff_t kMost = kSoundRate * 3 / 20;
  std::vector<double> same;
  for (std::ptrdiff_t lag = -kMost; lag <= kMost; ++lag)
    same.push_back(correlation(ours, theirs, at, count, -lag - shift));
  const double best = *std::max_element(same.begin(), same.end());
  if (best < 0.7) return {};
  // A tone is like itself at many lags: the smallest that is as good counts.
  std::ptrdiff_t bestLag = kMost + 1;
  for (std::ptrdiff_t lag = -kMost; lag <= kMost; ++lag)
    if (same[static_cast<std::size_t>(lag + kMost)] > best - 0.03 &&
        std::abs(lag) < std::abs(bestLag))
      bestLag = lag;
  return static_cast<double>(bestLag) * 1000 / kSoundRate;
}

}  // namespace clipcourier::transcoder
