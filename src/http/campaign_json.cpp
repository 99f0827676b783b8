#include "http/campaign_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

constexpr std::size_t kMostContents = 30;

nlohmann::json timeOrNull(const std::optional<TimePoint>& time) {
  return time ? nlohmann::json(toIso(*time)) : nlohmann::json();
}

// Lower-case primary language, or a mistake noted at `name`.
std::string languageOf(JsonFields& fields, std::string_view name) {
  const std::string tag = fields.text(name, 35);
  const auto language = text::language(tag);
  if (!language && !tag.empty()) fields.mistake(name, "is no language: write \"de\" or \"en\"");
  return language.value_or("");
}

messages::Content content(const nlohmann::json& json) {
  JsonFields fields(json);
  messages::Content content;
  content.language = languageOf(fields, "language");
  content.clip = ClipId{fields.number("clip_id", 1, std::numeric_limits<std::int64_t>::max())};
  const nlohmann::json chosen = fields.value("template"), variables = fields.value("variables");
  if (!chosen.is_object())
    fields.mistake("template", "write {\"name\": \"...\", \"language\": \"de\"}");
  fields.check();
  JsonFields of(chosen);
  content.templateName = of.text("name", 512);
  content.templateLanguage = of.text("language", 35);
  of.check();
  if (!variables.is_null()) content.variables = messages::parseVariables(variables);
  return content;
}

}  // namespace

campaigns::CampaignInput campaignInput(const nlohmann::json& json) {
  JsonFields fields(json);
  campaigns::CampaignInput input;
  input.name = fields.text("name", 200);
  input.sender = SenderId{fields.number("sender_id", 1, std::numeric_limits<std::int64_t>::max())};
  input.purpose = fields.optionalText("purpose", 64).value_or("marketing");
  const nlohmann::json audience = fields.value("audience"), contents = fields.value("contents");
  if (audience.is_null()) fields.mistake("audience", R"(write {"all": true} or {"tags": ["vip"]})");
  if (!contents.is_array() || contents.size() > kMostContents)
    fields.mistake("contents", "write a list of at most 30 contents, one for each language");
  // Without one, whoever's language has no content waits.
  if (fields.value("fallback_language").is_null())
    input.fallbackLanguage.clear();
  else
    input.fallbackLanguage = languageOf(fields, "fallback_language");
  fields.check();
  input.audience = campaigns::parseAudience(audience);
  for (const nlohmann::json& one : contents) {
    input.contents.push_back(content(one));
    for (std::size_t i = 0; i + 1 < input.contents.size(); ++i)
      if (input.contents[i].language == input.contents.back().language)
        throw Error(ErrorKind::invalidInput, "two contents have the same language",
                    "give each language one content", "campaign.contents");
  }
  return input;
}

nlohmann::json toJson(const campaigns::Campaign& campaign) {
  nlohmann::json contents = nlohmann::json::array();
  for (const messages::Content& content : campaign.contents)
    contents.push_back(
        {{"language", content.language},
         {"clip_id", content.clip.value},
         {"clip_sha256", content.clipSha256},
         {"template", {{"name", content.templateName}, {"language", content.templateLanguage}}},
         {"variables", messages::toJson(content.variables)}});
  nlohmann::json json = {{"id", campaign.id.value},
                         {"name", campaign.name},
                         {"state", name(campaign.state)},
                         {"sender_id", campaign.sender.value},
                         {"purpose", campaign.purpose},
                         {"audience", campaigns::toJson(campaign.audience)},
                         {"fallback_language", campaign.fallbackLanguage.empty()
                                                   ? nlohmann::json()
                                                   : nlohmann::json(campaign.fallbackLanguage)},
                         {"contents", contents},
                         {"created_at", toIso(campaign.createdAt)},
                         {"updated_at", toIso(campaign.updatedAt)},
                         {"launched_at", timeOrNull(campaign.launchedAt)},
                         {"finished_at", timeOrNull(campaign.finishedAt)},
                         {"version", campaign.version}};
  json["schedule"] = nullptr;
  if (campaign.scheduledAt)
    json["schedule"] = {
        {"at", toIso(*campaign.scheduledAt)},
        {"time_zone", campaign.scheduleZone},
        {"held",
         campaign.scheduleHold.empty() ? nlohmann::json() : nlohmann::json(campaign.scheduleHold)}};
  json["paused"] = nullptr;
  if (!campaign.pauseReason.empty())
    json["paused"] = {{"reason", campaign.pauseReason}, {"by", campaign.pausedBy}};
  return json;
}

nlohmann::json funnel(const std::map<std::string, std::int64_t>& counters) {
  const auto count = [&](const char* name) {
    const auto at = counters.find(name);
    return at == counters.end() ? std::int64_t{0} : at->second;
  };
  const std::int64_t read = count("read"), delivered = read + count("delivered"),
                     sent = delivered + count("sent"), accepted = sent + count("accepted");
  const std::int64_t waiting = count("queued") + count("held") + count("sending");
  const std::int64_t audience =
      accepted + waiting + count("unknown") + count("failed") + count("skipped");
  return {{"audience", audience},
          {"waiting", waiting},
          {"accepted", accepted},
          {"sent", sent},
          {"delivered", delivered},
          {"read", read},
          {"opened", count("opened")},
          {"opened_anonymous", count("opened_anonymous")},
          {"played", count("played")},
          {"played_anonymous", count("played_anonymous")},
          {"completed", count("completed")},
          {"completed_anonymous", count("completed_anonymous")},
          {"replied", count("replied")},
          {"tapped", count("tapped")},
          {"opted_out", count("opted_out")},
          {"failed", count("failed")},
          {"skipped", count("skipped")},
          {"unknown", count("unknown")}};
}

}  // namespace clipcourier::http
