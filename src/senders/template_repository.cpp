#include "senders/template_repository.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::senders {

namespace {

using Json = nlohmann::json;

namespace sql {
#define TEMPLATE_COLUMNS                                                             \
  "id, sender_id, provider_id, name, language, category, status, parameter_format, " \
  "components, synced_at_ms, missing_since_ms"
constexpr auto find = "SELECT " TEMPLATE_COLUMNS
                      " FROM templates WHERE sender_id = $1 AND name = $2 AND language = $3";
constexpr auto ofSender =
    "SELECT " TEMPLATE_COLUMNS " FROM templates WHERE sender_id = $1 ORDER BY name, language";
constexpr auto ofAccount = "SELECT " TEMPLATE_COLUMNS R"sql( FROM templates
  WHERE sender_id IN (SELECT id FROM senders WHERE channel = $1 AND account_id = $2)
    AND ((name = $3 AND replace(language, '-', '_') = $4) OR ($3 = '' AND provider_id = $5))
  ORDER BY id)sql";
#undef TEMPLATE_COLUMNS
constexpr auto put = R"sql(
  INSERT INTO templates (sender_id, provider_id, name, language, category, status,
    parameter_format, components, synced_at_ms, missing_since_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)
  ON CONFLICT (sender_id, name, language) DO UPDATE SET provider_id = excluded.provider_id,
    category = excluded.category, status = excluded.status,
    parameter_format = excluded.parameter_format, components = excluded.components,
    synced_at_ms = excluded.synced_at_ms, missing_since_ms = NULL)sql";
constexpr auto markMissing = R"sql(
  UPDATE templates SET missing_since_ms = $1
  WHERE sender_id = $2 AND synced_at_ms < $1 AND missing_since_ms IS NULL)sql";
constexpr auto change =
    "UPDATE templates SET status = $1, category = $2, components = $3 WHERE id = $4";
}  // namespace sql

// What the columns do not hold lies in `components`, read back without knowing any provider.
std::string toStored(const channels::Template& what) {
  Json buttons = Json::array();
  for (const channels::TemplateButton& b : what.buttons) {
    buttons.push_back({{"type", b.type}, {"text", b.text}, {"url", b.url}});
  }
  return Json{{"header_format", what.headerFormat},
              {"header", what.headerText},
              {"body", what.bodyText},
              {"footer", what.footerText},
              {"buttons", std::move(buttons)},
              {"quality", what.quality},
              {"rejected_reason", what.rejectedReason},
              {"provider", what.componentsJson}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

void fromStored(const std::string& stored, channels::Template& what) {
  const Json json = Json::parse(stored, nullptr, false);
  if (!json.is_object()) throw Error(ErrorKind::internal, "a stored template cannot be read");
  what.headerFormat = json.value("header_format", "");
  what.headerText = json.value("header", "");
  what.bodyText = json.value("body", "");
  what.footerText = json.value("footer", "");
  what.quality = json.value("quality", "");
  what.rejectedReason = json.value("rejected_reason", "");
  what.componentsJson = json.value("provider", "");
  for (const Json& b : json.value("buttons", Json::array())) {
    what.buttons.push_back({b.value("type", ""), b.value("text", ""), b.value("url", "")});
  }
}

template <class... Args>
std::vector<SenderTemplate> select(db::Connection& connection, std::string_view sql,
                                   const Args&... args) {
  using std::string;
  std::vector<SenderTemplate> templates;
  for (auto& row : connection.query<std::int64_t, SenderId, string, string, string, string, string,
                                    string, string, TimePoint, TimePoint>(sql, args...)) {
    SenderTemplate t;
    string format, stored;
    std::tie(t.id, t.sender, t.what.id, t.what.name, t.what.language, t.what.category,
             t.what.status, format, stored, t.syncedAt, t.missingSince) = std::move(row);
    t.what.namedParameters = format == "named";
    fromStored(stored, t.what);
    templates.push_back(std::move(t));
  }
  return templates;
}

}  // namespace

std::optional<SenderTemplate> TemplateRepository::find(SenderId sender, const std::string& name,
                                                       const std::string& language) {
  auto found = select(connection_, sql::find, sender, name, language);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<SenderTemplate> TemplateRepository::ofSender(SenderId sender) {
  return select(connection_, sql::ofSender, sender);
}

TemplateRepository::Change TemplateRepository::put(SenderId sender, const channels::Template& what,
                                                   TimePoint now) {
  const auto before = find(sender, what.name, what.language);
  connection_.run(sql::put, sender, what.id, what.name, what.language, what.category, what.status,
                  what.namedParameters ? "named" : "positional", toStored(what), now);
  if (!before) return Change::added;
  const bool same = before->what == what && before->missingSince == TimePoint{};
  return same ? Change::none : Change::changed;
}

std::int64_t TemplateRepository::markMissing(SenderId sender, TimePoint syncedAt) {
  return connection_.run(sql::markMissing, syncedAt, sender);
}

std::vector<SenderTemplate> TemplateRepository::ofAccount(const std::string& channel,
                                                          const std::string& accountId,
                                                          const std::string& name,
                                                          const std::string& language,
                                                          const std::string& providerId) {
  return select(connection_, sql::ofAccount, channel, accountId, name, language, providerId);
}

void TemplateRepository::change(const SenderTemplate& to) {
  connection_.run(sql::change, to.what.status, to.what.category, toStored(to.what), to.id);
}

}  // namespace clipcourier::senders
