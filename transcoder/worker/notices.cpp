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

void add(std::vector<Notice>& notices, const char* code, const std::string& de,
         const std::string& en) {
  notices.push_back({code, {de, en}});
}

void shape(const Probe::Video& video, const Plan& plan, bool deinterlaced,
           std::vector<Notice>& notices) {
  const std::string degrees = std::to_string(video.rotation);
  if (video.rotation != 0)
    add(notices, "repair.rotated", "Aufrecht gedreht (" + degrees + "°).",
        "Turned upright (" + degrees + "°).");
  if (video.mirrored) add(notices, "repair.mirrored", "Spiegelung aufgelöst.", "Mirroring undone.");
  if (video.interlaced || deinterlaced)
    add(notices, "repair.deinterlaced", "Halbbilder zu ganzen Bildern zusammengefügt.",
        "Interlaced fields joined to whole pictures.");
  if (video.sampleAspect.num != video.sampleAspect.den)
    add(notices, "repair.square_pixels", "Rechteckige Bildpunkte quadratisch gemacht.",
        "Pixels made square.");
  if (plan.width + 1 < video.width || plan.height + 1 < video.height) {
    const std::string from = size(video.width, video.height), to = size(plan.width, plan.height);
    add(notices, "repair.resized", "Verkleinert von " + from + " auf " + to + ".",
        "Made smaller, from " + from + " to " + to + ".");
  }
}

// Whatever is not BT.709 in limited range was converted; one sentence says the most of it.
void colours(const Probe::Video& video, std::vector<Notice>& notices) {
  const bool wide = video.primaries == "bt2020" || video.primaries.starts_with("smpte43");
  if (video.hdr && video.dolbyVisionProfile >= 0)
    add(notices, "repair.hdr", "Dolby Vision in normale Farben umgerechnet.",
        "Dolby Vision converted to normal colours.");
  else if (video.hdr)
    add(notices, "repair.hdr", "HDR in normale Farben umgerechnet.",
        "HDR converted to normal colours.");
  else if (wide)
    add(notices, "repair.colours", "Erweiterte Farben in normale umgerechnet.",
        "Wide colours converted to normal ones.");
  else if (video.fullRange && video.pixelFormat.starts_with("yuv"))
    add(notices, "repair.colour_range",
        "Farbumfang auf den üblichen gebracht, damit Schwarz und Weiß stimmen.",
        "Colour range made the usual one, so that black and white are right.");
  if (video.alpha)
    add(notices, "repair.flattened", "Durchsichtige Stellen mit Farbe hinterlegt.",
        "Transparent parts laid on a colour.");
}

void timing(const Source& source, const Plan& plan, std::vector<Notice>& notices) {
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
  if (source.scan.clockJumps)
    add(notices, "repair.timestamps", "Sprünge in der Zeitzählung der Quelle entfernt.",
        "Jumps in the source's clock taken out.");
  if (source.scan.soundRecounted)
    add(notices, "repair.sound_times", "Falsch gezählte Zeiten der Tonspur berichtigt.",
        "Wrongly counted times of the sound put right.");
}

void sound(const Probe& probe, const Plan& plan, const Made& made, Report& report) {
  if (!probe.audio) return;
  const bool mono = plan.audioChannels == 1;
  if (probe.audio->channels > 2)
    report.repaired.push_back({"repair.downmixed",
                               {"Ton von " + std::to_string(probe.audio->channels) +
                                    " Kanälen auf " + (mono ? "Mono" : "Stereo") + " abgemischt.",
                                "Sound mixed down from " + std::to_string(probe.audio->channels) +
                                    " channels to " + (mono ? "mono." : "stereo.")}});
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

void damage(const Source& source, const Made& made, Report& report) {
  const std::int64_t endMs = (source.scan.videoEndUs - source.firstUs) / 1000;
  const std::int64_t usedMs = (made.pictureEndUs - source.firstUs) / 1000;
  const std::int64_t claimedMs = source.probe.claimedDurationMs;
  if (made.damagedPictures > 0) {
    const std::int64_t atMs = std::max<std::int64_t>(0, made.firstDamageUs - source.firstUs) / 1000;
    add(report.warnings, "warning.damaged",
        "Die Quelle ist bei " + clockTime(atMs) + " beschädigt; sehen Sie sich die Stelle an.",
        "The source is damaged at " + clockTime(atMs) + "; have a look at that part.");
  }
  const std::int64_t soundMs =
      source.scan.audioEndUs ? (*source.scan.audioEndUs - source.firstUs) / 1000 : 0;
  const std::int64_t thereMs = std::max(usedMs, soundMs);
  const bool cutOff = source.scan.endedByDamage || usedMs + 1'000 < endMs;
  if (cutOff || (claimedMs > thereMs + 2'000 && claimedMs > thereMs * 5 / 4)) {
    add(report.warnings, "warning.ends_early",
        "Das Bild der Quelle endet bei " + clockTime(usedMs) + ", früher als angegeben.",
        "The source's picture ends at " + clockTime(usedMs) + ", earlier than it claims.");
  }
}

}  // namespace

void addNotices(const Source& source, const Plan& plan, const Made& made, Report& report) {
  shape(source.probe.video, plan, made.deinterlaced, report.repaired);
  colours(source.probe.video, report.repaired);
  timing(source, plan, report.repaired);
  sound(source.probe, plan, made, report);
  damage(source, made, report);
  if (source.saysWhereOrWho)
    add(report.repaired, "repair.metadata",
        "Angaben der Datei zu Ort, Gerät oder Urheber entfernt.",
        "The file's words about place, device or author removed.");
}

}  // namespace clipcourier::transcoder
