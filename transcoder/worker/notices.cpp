#include "transcoder/worker/notices.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

std::string tenths(double value, char point) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  for (char& c : text)
    if (c == '.') c = point;
  return text;
}

std::string rate(Fraction fraction, char point) {
  const double value = fraction.value();
  return std::abs(value - std::round(value)) < 0.005
             ? std::to_string(static_cast<int>(std::round(value)))
             : tenths(value, point);
}

std::string size(int width, int height) {
  return std::to_string(width) + "×" + std::to_string(height);
}

void picture(const Probe::Video& video, const Plan& plan, std::vector<Notice>& notices) {
  if (video.rotation != 0)
    notices.push_back({"repair.rotated",
                       {"Aufrecht gedreht (" + std::to_string(video.rotation) + "°).",
                        "Turned upright (" + std::to_string(video.rotation) + "°)."}});
  if (video.mirrored)
    notices.push_back({"repair.mirrored", {"Spiegelung aufgelöst.", "Mirroring undone."}});
  if (video.interlaced)
    notices.push_back({"repair.deinterlaced",
                       {"Halbbilder zu ganzen Bildern zusammengefügt.",
                        "Interlaced fields joined to whole pictures."}});
  if (video.hdr)
    notices.push_back(
        {"repair.hdr", {"HDR in normale Farben umgerechnet.", "HDR converted to normal colours."}});
  if (video.sampleAspect.num != video.sampleAspect.den)
    notices.push_back({"repair.square_pixels",
                       {"Breite Bildpunkte quadratisch gemacht.", "Pixels made square."}});
  if (video.alpha)
    notices.push_back(
        {"repair.flattened",
         {"Durchsichtige Stellen mit Farbe hinterlegt.", "Transparent parts laid on a colour."}});
  if (plan.width + 1 < video.width || plan.height + 1 < video.height)
    notices.push_back({"repair.resized",
                       {"Verkleinert von " + size(video.width, video.height) + " auf " +
                            size(plan.width, plan.height) + ".",
                        "Made smaller, from " + size(video.width, video.height) + " to " +
                            size(plan.width, plan.height) + "."}});
}

void timing(const Source& source, const Plan& plan, std::int64_t startUs,
            std::vector<Notice>& notices) {
  const Probe::Video& video = source.probe.video;
  if (!video.constantRate)
    notices.push_back(
        {"repair.constant_rate",
         {"Bildrate gleichmäßig gemacht (" + rate(plan.frameRate, ',') + " Bilder je Sekunde).",
          "Frame rate made constant (" + rate(plan.frameRate, '.') + " frames per second)."}});
  else if (!(plan.frameRate == video.frameRate))
    notices.push_back({"repair.frame_rate",
                       {"Bildrate von " + rate(video.frameRate, ',') + " auf " +
                            rate(plan.frameRate, ',') + " Bilder je Sekunde gebracht.",
                        "Frame rate changed from " + rate(video.frameRate, '.') + " to " +
                            rate(plan.frameRate, '.') + " frames per second."}});
  if (startUs > source.firstUs)
    notices.push_back(
        {"repair.leading_black",
         {"Schwarzen Anfang von " +
              tenths(static_cast<double>(startUs - source.firstUs) / 1e6, ',') +
              " s abgeschnitten.",
          "Leading black of " + tenths(static_cast<double>(startUs - source.firstUs) / 1e6, '.') +
              " s cut off."}});
}

void sound(const Probe& probe, const Made& made, Report& report) {
  if (!probe.audio) return;
  if (probe.audio->channels > 2)
    report.repaired.push_back(
        {"repair.downmixed",
         {"Ton von " + std::to_string(probe.audio->channels) + " Kanälen auf Stereo abgemischt.",
          "Sound mixed down from " + std::to_string(probe.audio->channels) +
              " channels to stereo."}});
  if (made.audioLost)
    report.warnings.push_back({"warning.audio_unusable",
                               {"Der Ton der Quelle ließ sich ganz oder teilweise nicht lesen.",
                                "All or part of the source's sound could not be read."}});
  if (probe.audioTracks > 1)
    report.warnings.push_back(
        {"warning.audio_tracks",
         {"Die Quelle hat " + std::to_string(probe.audioTracks) + " Tonspuren; eine wurde benutzt.",
          "The source has " + std::to_string(probe.audioTracks) + " sound tracks; one was used."}});
}

void damage(const Source& source, const Made& made, std::int64_t startUs, Report& report) {
  const std::int64_t endMs = (source.scan.videoEndUs - source.firstUs) / 1000;
  const std::int64_t usedMs = (made.pictureEndUs - source.firstUs) / 1000;
  const std::int64_t claimedMs = source.probe.claimedDurationMs;
  if (made.damagedPictures > 0) {
    const std::int64_t atMs = std::max<std::int64_t>(0, made.firstDamageUs - startUs) / 1000;
    report.warnings.push_back({"warning.damaged",
                               {"Die Quelle ist ab " + clockTime(atMs) + " beschädigt.",
                                "The source is damaged from " + clockTime(atMs) + " on."}});
  }
  const std::int64_t soundMs =
      source.scan.audioEndUs ? (*source.scan.audioEndUs - source.firstUs) / 1000 : 0;
  const std::int64_t thereMs = std::max(usedMs, soundMs);
  const bool cutOff = source.scan.endedByDamage || usedMs + 1'000 < endMs;
  if (cutOff || (claimedMs > thereMs + 2'000 && claimedMs > thereMs * 5 / 4)) {
    report.warnings.push_back(
        {"warning.ends_early",
         {"Das Bild der Quelle endet bei " + clockTime(usedMs) + ", früher als angegeben.",
          "The source's picture ends at " + clockTime(usedMs) + ", earlier than it claims."}});
  }
}

}  // namespace

void addNotices(const Source& source, const Plan& plan, const Made& made, std::int64_t startUs,
                Report& report) {
  picture(source.probe.video, plan, report.repaired);
  timing(source, plan, startUs, report.repaired);
  sound(source.probe, made, report);
  damage(source, made, startUs, report);
}

}  // namespace clipcourier::transcoder
