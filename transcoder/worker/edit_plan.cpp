#include "transcoder/worker/edit_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "transcoder/worker/fit.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kUsualBlackSeconds = 5;  // when pictures alone are wanted
constexpr double kLoudnessToleranceDb = 1;

std::int64_t leadingBlackUs(const Work& work) {
  int most = work.renditions.empty() ? kUsualBlackSeconds : 0;
  for (const Rendition& each : work.renditions)
    most = std::max(most, each.profile.maxLeadingBlackSeconds);
  return most * 1'000'000LL;
}

Source edited(const Source& source, const Edits& edits, const Cut& cut) {
  Source seen = source;
  seen.probe = afterEdits(source.probe, edits);
  seen.startsDark = source.startsDark && cut.startUs == source.firstUs;
  seen.scan.videoEndUs = std::min(source.scan.videoEndUs, cut.endUs);
  if (seen.scan.audioEndUs) seen.scan.audioEndUs = std::min(*seen.scan.audioEndUs, cut.endUs);
  if (cut.endUs < source.scan.videoEndUs) {
    seen.scan.endedByDamage = false;  // what is damaged behind the end is not missed
    seen.probe.claimedDurationMs =
        std::min(seen.probe.claimedDurationMs, (cut.endUs - source.firstUs) / 1000);
  }
  return seen;
}

std::string shapeName(const Edits::Fit& fit, bool german) {
  if (fit.fill == "crop") return german ? "zugeschnitten" : "cropped";
  return german ? "mit Rand aufgefüllt" : "padded";
}

// What everybody sees needs no measuring.
std::vector<Notice> plainNotices(const Edits& edits, const Probe& probe) {
  std::vector<Notice> notices;
  if (edits.fit)
    notices.push_back(
        {"edit.fitted",
         {"Auf das Format " + edits.fit->shape + " " + shapeName(*edits.fit, true) + ".",
          "Made " + edits.fit->shape + " (" + shapeName(*edits.fit, false) + ")."}});
  if (edits.mute && probe.audio)
    notices.push_back({"edit.muted", {"Ton entfernt.", "Sound removed."}});
  if (edits.captions)
    notices.push_back({"edit.captions", {"Untertitel eingebrannt.", "Captions burned in."}});
  if (edits.logo) notices.push_back({"edit.logo", {"Logo eingesetzt.", "Logo added."}});
  return notices;
}

std::string tenths(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

void claimLoudness(int clipFd, int channels, double wanted, Report& report) {
  const Loudness is = surveySound(clipFd, 0, report.durationMs * 1000, channels, {});
  const auto add = [&](const char* claim, const std::string& expected, const std::string& measured,
                       bool passed) {
    report.claims.push_back({claim, expected, measured, passed});
    report.passed = report.passed && passed;
  };
  add("audio.loudness", tenths(wanted) + " LUFS, within " + tenths(kLoudnessToleranceDb) + " LU",
      tenths(is.lufs) + " LUFS", std::abs(is.lufs - wanted) <= kLoudnessToleranceDb);
  add("audio.true_peak", "at most " + tenths(kMaxTruePeakDb) + " dBTP",
      tenths(is.truePeakDb()) + " dBTP", is.truePeakDb() <= kMaxTruePeakDb + 0.05);
}

}  // namespace

EditPlan planEdits(const Work& work, const Source& source) {
  const Edits& edits = work.edits;
  EditPlan plan;
  plan.material = readMaterial(edits, work.inputs.captions, work.inputs.logo);
  Cut cut = cutOf(work.inputs.source, source, edits, leadingBlackUs(work));
  plan.startUs = cut.startUs;
  plan.source = edited(source, edits, cut);
  plan.repaired = std::move(cut.notices);
  for (Notice& each : plainNotices(edits, source.probe)) plan.repaired.push_back(std::move(each));
  return plan;
}

const LoudnessPlan& soundFor(const Work& work, EditPlan& plan, int channels, int kbps) {
  const auto [found, isNew] = plan.sound.try_emplace({channels, kbps});
  if (!isNew || kbps <= 0 || !plan.source.probe.audio) return found->second;
  const std::int64_t endUs =
      std::max(plan.source.scan.videoEndUs, plan.source.scan.audioEndUs.value_or(0));
  found->second = planLoudness(work.inputs.source, plan.startUs, endUs, channels, kbps, work.edits);
  return found->second;
}

void addEdits(const EditPlan& plan, const EditPainter& painter, int clipFd, int channels, int kbps,
              Report& report) {
  const auto add = [](const std::vector<Notice>& from, std::vector<Notice>& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  // A padded canvas is no size the source ever had.
  if (report.edits.fit && report.edits.fit->fill != "crop")
    std::erase_if(report.repaired,
                  [](const Notice& each) { return each.code == "repair.resized"; });
  add(plan.repaired, report.repaired);
  add(plan.warnings, report.warnings);
  if (painter.missingCharacters() > 0)
    report.warnings.push_back(
        {"warning.captions_characters",
         {"Einige Zeichen der Untertitel gibt es in unseren Schriften nicht; sie fehlen.",
          "Our fonts do not have some characters of the captions; they are left out."}});
  const auto sound = plan.sound.find({channels, kbps});
  if (sound == plan.sound.end() || !report.hasAudio) return;
  if (const auto& notice = sound->second.notice)
    (notice->code.starts_with("warning.") ? report.warnings : report.repaired).push_back(*notice);
  if (sound->second.lufs) claimLoudness(clipFd, channels, *sound->second.lufs, report);
}

}  // namespace clipcourier::transcoder
