#include "http/token_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/json_fields.h"
#include "users/audit_log.h"
#include "users/role.h"

namespace clipcourier::http {
namespace {

nlohmann::json timeOrNull(const std::optional<TimePoint>& time) {
  return time ? nlohmann::json(toIso(*time)) : nlohmann::json();
}

nlohmann::json toJson(const users::Token& token) {
  return {{"id", token.id.value},
          {"name", token.name},
          {"scopes", token.scopes.names()},
          {"created_at", toIso(token.createdAt)},
          {"expires_at", timeOrNull(token.expiresAt)},
          {"last_used_at", timeOrNull(token.lastUsedAt)},
          {"revoked_at", timeOrNull(token.revokedAt)}};
}

nlohmann::json toJson(const users::AuditEntry& entry) {
  return {{"id", entry.id},
          {"at", toIso(entry.at)},
          {"actor", {{"kind", entry.actor.kind}, {"id", entry.actor.id}}},
          {"request_id", entry.actor.requestId},
          {"action", entry.action},
          {"object", {{"type", entry.objectType}, {"id", entry.objectId}}},
          {"details", nlohmann::json::parse(entry.details)}};
}

// Nobody can give away more than he has.
void requireOwn(const Request& request, const users::Scopes& wanted) {
  for (Scope scope : users::allScopes()) {
    if (!wanted.has(scope) || request.scopes().has(scope)) continue;
    throw Error(ErrorKind::forbidden,
                "this token cannot give the scope " + std::string(users::name(scope)),
                "Give only scopes that your own token has.", "missing_scope");
  }
}

std::int64_t idOf(const users::Token& token) { return token.id.value; }
std::int64_t idOf(const users::AuditEntry& entry) { return entry.id; }

// `rows` has one more than asked for when another page follows.
template <class Row>
Reply pageOf(std::vector<Row> rows, int limit) {
  const bool more = rows.size() > static_cast<std::size_t>(limit);
  if (more) rows.pop_back();
  nlohmann::json items = nlohmann::json::array();
  for (const Row& row : rows) items.push_back(toJson(row));
  return pageReply(std::move(items),
                   more ? std::optional(std::to_string(idOf(rows.back()))) : std::nullopt);
}

constexpr std::int64_t kMaxDays = 3'650;

}  // namespace

TokenEndpoints::TokenEndpoints(users::TokenService& tokens, db::Database& database,
                               const Clock& clock)
    : tokens_(tokens), database_(database), clock_(clock) {}

std::vector<Route> TokenEndpoints::routes() {
  const RouteOptions paged{.query = {"limit", "cursor"}};
  return {
      {Method::get, "/api/v1/tokens", Scope::tokens, [this](Request& r) { return list(r); }, paged},
      {Method::post, "/api/v1/tokens", Scope::tokens, [this](Request& r) { return create(r); }},
      {Method::del, "/api/v1/tokens/{id}", Scope::tokens, [this](Request& r) { return revoke(r); }},
      {Method::get, "/api/v1/roles", Scope::tokens,
       [](Request& r) { return TokenEndpoints::roles(r); }, paged},
      {Method::get, "/api/v1/audit", Scope::audit, [this](Request& r) { return audit(r); }, paged},
  };
}

Reply TokenEndpoints::list(Request& request) const {
  const PageRequest page = request.page();
  return pageOf(tokens_.list(page.afterId(), page.limit + 1), page.limit);
}

Reply TokenEndpoints::create(Request& request) {
  JsonFields fields(request.json());
  const std::string name = fields.text("name", 100);
  const auto role = fields.optionalText("role", 40);
  std::string scopes;
  if (!role || !fields.value("scopes").is_null())
    for (const std::string& scope : fields.texts("scopes", 50, 40)) scopes += scope + ' ';
  const auto days = fields.optionalNumber("expires_in_days", 1, kMaxDays);
  fields.check();
  users::Scopes wanted = users::Scopes::parse(scopes);
  if (role) wanted.add(users::roleNamed(*role).scopes);
  requireOwn(request, wanted);
  std::optional<TimePoint> expiry;
  if (days) expiry = clock_.now() + std::chrono::days(*days);
  const auto created = tokens_.create(name, wanted, expiry, request.actor());
  nlohmann::json answer = toJson(created.token);
  answer["token"] = created.text.reveal();
  return http::created("/api/v1/tokens/" + std::to_string(created.token.id.value), answer);
}

Reply TokenEndpoints::revoke(Request& request) {
  return ok(toJson(tokens_.revoke(request.id<users::TokenId>(), request.actor())));
}

Reply TokenEndpoints::roles(Request& request) {
  std::map<std::string, nlohmann::json> roles;
  for (const users::Role& role : users::allRoles())
    roles[std::string(role.name)] = {
        {"name", role.name}, {"what", role.what}, {"scopes", role.scopes.names()}};
  return pageOfAll(roles, request.page());
}

Reply TokenEndpoints::audit(Request& request) const {
  const PageRequest page = request.page();
  return pageOf(database_.read([&](db::Connection& connection) {
    return users::AuditLog::list(connection, page.afterId(), page.limit + 1);
  }),
                page.limit);
}

}  // namespace clipcourier::http
