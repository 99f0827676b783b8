#include "messages/content.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::messages {
namespace {

namespace sql {
constexpr auto of = R"sql(
  SELECT language, clip_id, clip_sha256, template_name, template_language, variables,
         picture_revision
  FROM campaign_contents WHERE campaign_id = $1 ORDER BY language)sql";
constexpr auto remove = "DELETE FROM campaign_contents WHERE campaign_id = $1";
constexpr auto add = R"sql(
  INSERT INTO campaign_contents
    (campaign_id, language, clip_id, clip_sha256, template_name, template_language, variables,
     picture_revision)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8))sql";
}  // namespace sql

constexpr std::size_t kMostVariables = 50, kLongestText = 1024;

Error invalid(const std::string& variable, const std::string& why) {
  return Error(
      ErrorKind::invalidInput, "variable \"" + variable + "\" " + why,
      "write {\"field\": \"first_name\", \"fallback\": \"Kunde\"} or {\"text\": \"Modell 7\"};"
      " fields are name, first_name, external_ref and attr.<key>",
      "content.variable");
}

std::string member(const nlohmann::json& source, const char* key, const std::string& variable) {
  const auto at = source.find(key);
  if (at == source.end()) return {};
  if (!at->is_string()) throw invalid(variable, std::string("has a ") + key + " that is no text");
  if (at->get_ref<const std::string&>().size() > kLongestText)
    throw invalid(variable, std::string("has a ") + key + " longer than 1024 bytes");
  return at->get<std::string>();
}

bool isField(const std::string& field) {
  return field == "name" || field == "first_name" || field == "external_ref" ||
         (field.starts_with("attr.") && field.size() > 5);
}

VariableSource parseSource(const std::string& variable, const nlohmann::json& json) {
  if (!json.is_object()) throw invalid(variable, "is no object");
  for (const auto& [key, value] : json.items())
    if (key != "field" && key != "text" && key != "fallback")
      throw invalid(variable, "has an unknown member");
  VariableSource source{member(json, "field", variable), member(json, "text", variable),
                        member(json, "fallback", variable)};
  if (source.field.empty() == source.text.empty())
    throw invalid(variable, "needs either a field or a text");
  if (!source.field.empty() && !isField(source.field)) throw invalid(variable, "names no field");
  return source;
}

}  // namespace

Variables parseVariables(const nlohmann::json& json) {
  if (!json.is_object() || json.size() > kMostVariables)
    throw invalid("", "list must be an object of at most 50 variables");
  Variables variables;
  for (const auto& [name, source] : json.items()) variables[name] = parseSource(name, source);
  return variables;
}

nlohmann::json toJson(const Variables& variables) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, source] : variables) {
    nlohmann::json& entry = json[name];
    if (source.field.empty())
      entry["text"] = source.text;
    else
      entry["field"] = source.field;
    if (!source.fallback.empty()) entry["fallback"] = source.fallback;
  }
  return json;
}

std::vector<Content> ContentRepository::of(CampaignId campaign) {
  std::vector<Content> contents;
  for (auto& [language, clip, sha256, name, templateLanguage, variables, pictureRevision] :
       db_.query<std::string, ClipId, std::string, std::string, std::string, std::string,
                 std::int64_t>(sql::of, campaign))
    contents.push_back({language, clip, sha256, name, templateLanguage,
                        parseVariables(nlohmann::json::parse(variables)), pictureRevision});
  return contents;
}

void ContentRepository::set(CampaignId campaign, const std::vector<Content>& contents) {
  db_.run(sql::remove, campaign);
  for (const Content& content : contents)
    db_.run(sql::add, campaign, content.language, content.clip, content.clipSha256,
            content.templateName, content.templateLanguage, toJson(content.variables).dump(),
            content.pictureRevision);
}

const Content* choose(const std::vector<Content>& contents, const std::string& locale,
                      const std::string& fallbackLanguage) {
  const auto in = [&](const std::string& language) -> const Content* {
    const auto at = std::ranges::find(contents, language, &Content::language);
    return at == contents.end() ? nullptr : &*at;
  };
  const auto own = text::language(locale);
  const Content* content = own ? in(*own) : nullptr;
  return content ? content : in(fallbackLanguage);
}

}  // namespace clipcourier::messages
