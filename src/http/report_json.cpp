#include "http/report_json.h"

#include <array>
#include <nlohmann/json.hpp>

namespace clipcourier::http {
namespace {

using nlohmann::json;

struct Grade {
  int fromSsimPpm;
  const char *de, *en;
};
// What people see of x264's structural similarity, from tests with product films.
constexpr std::array kGrades{
    Grade{985'000, "Vom Original kaum zu unterscheiden", "Hardly to be told from the original"},
    Grade{965'000, "Sehr gut", "Very good"}, Grade{935'000, "Gut", "Good"},
    Grade{900'000, "Auf dem Telefon in Ordnung", "Fine on a phone"},
    Grade{0, "Sichtbar schlechter als das Original", "Visibly worse than the original"}};

json textsOf(const json& report, const char* list, const std::string& language) {
  json texts = json::array();
  for (const json& notice : report.value(list, json::array()))
    texts.push_back({{"code", notice.at("code")}, {"text", notice.at("words").at(language)}});
  return texts;
}

json qualityOf(const json& report, const std::string& language) {
  const auto quality = report.find("quality");
  if (quality == report.end() || !quality->is_object()) return {};
  const int ssim = quality->value("ssim_ppm", 0);
  std::size_t grade = 0;
  while (grade + 1 < kGrades.size() && ssim < kGrades[grade].fromSsimPpm) ++grade;
  return {{"ssim", ssim / 1e6},
          {"psnr_db", quality->value("psnr_milli_db", 0) / 1e3},
          {"text", language == "de" ? kGrades[grade].de : kGrades[grade].en}};
}

}  // namespace

json readableReport(const videos::Clip& clip, const std::string& language) {
  const json report = json::parse(clip.report);
  json out{{"language", language},
           {"clip_id", clip.id.value},
           {"repaired", textsOf(report, "repaired", language)},
           {"warnings", textsOf(report, "warnings", language)},
           {"advice", textsOf(report, "advice", language)},
           {"quality", qualityOf(report, language)}};
  for (const char* field : {"profile", "passed", "passthrough", "sha256", "bytes", "duration_ms",
                            "width", "height", "claims"})
    out[field] = report.value(field, json());
  return out;
}

}  // namespace clipcourier::http
