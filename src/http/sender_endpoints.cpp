#include "http/sender_endpoints.h"

#include <nlohmann/json.hpp>

#include "http/json_fields.h"
#include "http/message_json.h"
#include "senders/sender_repository.h"
#include "senders/template_repository.h"

namespace clipcourier::http {
namespace {

using nlohmann::json;
using senders::Sender;
using senders::SenderInput;
using senders::SenderState;

json toJson(const Sender& s) {
  return {{"id", s.id.value},
          {"channel", s.channel},
          {"name", s.name},
          {"external_id", s.externalId},
          {"account_id", s.accountId},
          {"display_address", s.displayAddress},
          {"base_url", s.baseUrl},
          {"api_version", s.apiVersion},
          {"token_source", s.tokenSource},
          {"app_secret_source", s.appSecretSource},
          {"verify_token_source", s.verifyTokenSource},
          {"messages_per_second", s.messagesPerSecond},
          {"state", senders::name(s.state)},
          {"details", json::parse(s.details)},
          {"created_at", toIso(s.createdAt)},
          {"updated_at", toIso(s.updatedAt)},
          {"version", s.version}};
}

json toJson(const senders::SenderTemplate& t) {
  json buttons = json::array();
  for (const channels::TemplateButton& b : t.what.buttons) {
    buttons.push_back({{"type", b.type}, {"text", b.text}, {"url", b.url}});
  }
  const bool gone = t.missingSince != TimePoint{};
  return {{"id", t.id},
          {"name", t.what.name},
          {"language", t.what.language},
          {"category", t.what.category},
          {"status", t.what.status},
          {"usable", t.usable()},
          {"named_parameters", t.what.namedParameters},
          {"parameters", t.what.bodyParameters()},
          {"header_format", t.what.headerFormat},
          {"header", t.what.headerText},
          {"body", t.what.bodyText},
          {"footer", t.what.footerText},
          {"buttons", std::move(buttons)},
          {"quality", t.what.quality},
          {"rejected_reason", t.what.rejectedReason},
          {"synced_at", toIso(t.syncedAt)},
          {"missing_since", gone ? json(toIso(t.missingSince)) : json()}};
}

// Fields that are not there keep what `input` has. The service judges the values.
void readFields(JsonFields& fields, SenderInput& input) {
  constexpr std::size_t kLongest = 1'000;
  const auto read = [&](const char* name, std::string& into) {
    if (auto value = fields.optionalText(name, kLongest)) into = *std::move(value);
  };
  read("name", input.name);
  read("external_id", input.externalId);
  read("account_id", input.accountId);
  read("display_address", input.displayAddress);
  read("base_url", input.baseUrl);
  read("api_version", input.apiVersion);
  read("token_source", input.tokenSource);
  read("app_secret_source", input.appSecretSource);
  read("verify_token_source", input.verifyTokenSource);
  if (const auto rate = fields.optionalNumber("messages_per_second", 1, 1000)) {
    input.messagesPerSecond = static_cast<int>(*rate);
  }
  const auto state = fields.optionalText("state", 20);
  if (!state) return;
  input.state = *state == "disabled" ? SenderState::disabled : SenderState::active;
  if (*state != senders::name(input.state)) fields.mistake("state", "must be active or disabled");
}

std::string tagOf(const Sender& sender) { return '"' + std::to_string(sender.version) + '"'; }

}  // namespace

std::vector<Route> SenderEndpoints::routes() {
  const RouteOptions paged{.query = {"limit", "cursor"}};
  const RouteOptions bare{.takes = Takes::nothing, .once = true}, once{.once = true};
  const std::string one = "/api/v1/senders/{id}";
  return {
      {Method::get, "/api/v1/senders", Scope::sendersRead, [this](Request& r) { return list(r); },
       paged},
      {Method::post, "/api/v1/senders", Scope::sendersWrite,
       [this](Request& r) { return create(r); }, once},
      {Method::get, one, Scope::sendersRead, [this](Request& r) { return show(r); }},
      {Method::patch,
       one,
       Scope::sendersWrite,
       [this](Request& r) { return edit(r); },
       {.ifMatch = IfMatch::required}},
      {Method::get, one + "/templates", Scope::sendersRead,
       [this](Request& r) { return templates(r); }, paged},
      {Method::post, one + "/templates/sync", Scope::sendersWrite,
       [this](Request& r) { return sync(r); }, bare},
      {Method::post,
       one + "/check",
       Scope::sendersWrite,
       [this](Request& r) { return check(r); },
       {.takes = Takes::nothing}},
  };
}

Reply SenderEndpoints::list(Request& request) const {
  const PageRequest page = request.page();
  return database_.read([&](db::Connection& c) {
    auto found = senders::SenderRepository(c).list(SenderId{page.afterId()}, page.limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(page.limit);
    if (more) found.pop_back();
    json items = json::array();
    for (const Sender& sender : found) items.push_back(shown(c, sender));
    return pageReply(std::move(items),
                     more ? std::optional(std::to_string(found.back().id.value)) : std::nullopt);
  });
}

Reply SenderEndpoints::create(Request& request) {
  JsonFields fields(request.json());
  SenderInput input;
  input.channel = fields.oneOf("channel", {"whatsapp"});
  readFields(fields, input);
  fields.check();
  const Sender sender = senders_.create(input, request.actor());
  const json body = database_.read([&](db::Connection& c) { return shown(c, sender); });
  return created("/api/v1/senders/" + std::to_string(sender.id.value), body)
      .with("ETag", tagOf(sender));
}

Reply SenderEndpoints::show(Request& request) const {
  const Sender sender = senders_.get(request.id<SenderId>());
  const json body = database_.read([&](db::Connection& c) { return shown(c, sender); });
  return ok(body).with("ETag", tagOf(sender));
}

json SenderEndpoints::shown(db::Connection& connection, const Sender& sender) const {
  json result = toJson(sender);
  result["limit"] =
      http::toJson(messages::senderLimit(connection, sender.id, clock_.now()), sender.channel);
  return result;
}

Reply SenderEndpoints::edit(Request& request) {
  const Sender before = senders_.get(request.id<SenderId>());
  const std::int64_t version = request.requireIfMatch();
  JsonFields fields(request.json());
  SenderInput input = before;
  readFields(fields, input);
  fields.check();
  const Sender after = senders_.edit(before.id, version, std::move(input), request.actor());
  const json body = database_.read([&](db::Connection& c) { return shown(c, after); });
  return ok(body).with("ETag", tagOf(after));
}

Reply SenderEndpoints::templates(Request& request) const {
  const SenderId id = senders_.get(request.id<SenderId>()).id;
  const auto found = database_.read(
      [&](db::Connection& c) { return senders::TemplateRepository(c).ofSender(id); });
  std::map<std::string, json> byName;
  for (const auto& one : found) byName[one.what.name + ' ' + one.what.language] = toJson(one);
  return pageOfAll(byName, request.page());
}

Reply SenderEndpoints::sync(Request& request) {
  const auto result = sync_.run(request.id<SenderId>(), request.actor());
  return ok({{"added", result.added},
             {"changed", result.changed},
             {"unchanged", result.unchanged},
             {"missing", result.missing}});
}

Reply SenderEndpoints::check(Request& request) {
  bool allWell = true;
  json findings = json::array();
  for (const auto& f : check_.run(senders_.get(request.id<SenderId>()))) {
    allWell = allWell && f.ok;
    findings.push_back({{"ok", f.ok}, {"code", f.code}, {"what", f.what}, {"hint", f.hint}});
  }
  return ok({{"ok", allWell}, {"findings", std::move(findings)}});
}

}  // namespace clipcourier::http
