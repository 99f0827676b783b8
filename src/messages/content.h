#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "db/connection.h"

namespace clipcourier::messages {

// Where the text of one template variable comes from.
struct VariableSource {
  std::string field;  // "name", "first_name", "external_ref" or "attr.<key>"; empty: `text` is it
  std::string text;   // the same for everybody
  std::string
      fallback;  // when the customer's field is empty; empty: such a customer cannot be served
};
using Variables = std::map<std::string, VariableSource>;  // template placeholder → source

// Throws Error(invalidInput) naming the variable that is wrong. `{"first_name": {"field":
// "first_name", "fallback": "Kunde"}, "product": {"text": "Modell 7"}}`
Variables parseVariables(const nlohmann::json& json);
nlohmann::json toJson(const Variables& variables);

// What a campaign sends in one language. The clip is pinned by its hash, the pictures that show it
// by their revision (0: those of its edit version, whichever there are).
struct Content {
  std::string language;
  ClipId clip;
  std::string clipSha256;
  std::string templateName, templateLanguage;
  Variables variables;
  std::int64_t pictureRevision = 0;
};

class ContentRepository {
 public:
  explicit ContentRepository(db::Connection& connection) : db_(connection) {}
  std::vector<Content> of(CampaignId campaign);
  // Replaces all contents of the campaign.
  void set(CampaignId campaign, const std::vector<Content>& contents);

 private:
  db::Connection& db_;
};

// The content for a customer: that of their language, else the campaign's fallback language.
// `locale` is a tag as customers have it ("de-AT") and may be empty. Null when the campaign has
// neither.
const Content* choose(const std::vector<Content>& contents, const std::string& locale,
                      const std::string& fallbackLanguage);

}  // namespace clipcourier::messages
