#include "videos/clip_proof.h"

#include <nlohmann/json.hpp>

#include "transcoder/report.h"

namespace clipcourier::videos {
namespace {

constexpr auto kMakeAgain = " Start the conversion of its video again.";

std::optional<transcoder::Report> parse(const std::string& report) {
  try {
    return nlohmann::json::parse(report).get<transcoder::Report>();
  } catch (const std::exception&) {  // of another version, or damaged
    return std::nullopt;
  }
}

bool speaksOf(const transcoder::Report& report, const Clip& clip) {
  return report.sha256 == clip.sha256 && report.bytes == clip.size.bytes &&
         report.profile == clip.profile;
}

}  // namespace

std::string ClipProof::mac(const std::string& clipSha256,
                           const std::string& canonicalReport) const {
  return crypto::hex(crypto::hmacSha256(key_, clipSha256 + "\n" + canonicalReport));
}

std::optional<ErrorDetail> ClipProof::problem(const Clip& clip) const {
  const auto because = [&](std::string code, std::string what) {
    return ErrorDetail{std::move(code), "clip " + std::to_string(clip.id.value),
                       std::move(what) + kMakeAgain};
  };
  if (clip.state != ClipState::ready && clip.state != ClipState::superseded)
    return because("clip.not_ready", "The clip is not ready.");
  if (clip.report.empty()) return because("clip.no_report", "The clip has no conformance report.");
  if (!crypto::equal(mac(clip.sha256, clip.report), clip.reportMac))
    return because("clip.bad_mac", "The clip's report was not written by this service.");
  const auto report = parse(clip.report);
  if (!report || report->version != transcoder::kReportVersion)
    return because("clip.old_report", "The clip's report is of another version.");
  if (!report->passed) return because("clip.not_conforming", "The clip's report has not passed.");
  if (!speaksOf(*report, clip))
    return because("clip.other_report", "The report speaks of another clip.");
  return std::nullopt;
}

void ClipProof::verify(const Clip& clip) const {
  if (auto reason = problem(clip))
    throw Error(ErrorKind::refused, reason->where + ": " + reason->what, reason->what,
                reason->code);
}

void ClipProof::verifyWithBytes(const Clip& clip, const media::MediaStore& store) const {
  verify(clip);
  if (!store.intact(clip.sha256))
    throw Error(ErrorKind::refused,
                "the stored file of clip " + std::to_string(clip.id.value) + " has changed",
                "The clip's file was damaged. Check the disk; start the conversion again.",
                "clip.damaged");
}

}  // namespace clipcourier::videos
