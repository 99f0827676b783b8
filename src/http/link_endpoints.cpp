#include "http/link_endpoints.h"

#include <nlohmann/json.hpp>

#include "customers/import_line.h"
#include "customers/problem.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

using tracking::LinkScope;
using tracking::PageShows;

constexpr std::size_t kReasonBytes = 500;

tracking::LinkSubject subjectOf(const Request& request, LinkScope scope) {
  return {scope, request.pathNumber("id")};
}

std::string etag(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

Reply show(const tracking::LinkSubject& subject, const tracking::Revocation& revocation) {
  return ok({{"scope", name(subject.scope)},
             {"id", subject.id},
             {"reason", revocation.reason},
             {"by", revocation.by},
             {"at", toIso(revocation.at)},
             {"from", toIso(revocation.from)},
             {"version", revocation.version}})
      .with("ETag", etag(revocation.version));
}

nlohmann::json toJson(const tracking::PageChoice& page) {
  nlohmann::json json = {{"language", page.language},
                         {"sent_clip_id", page.sentClip.value},
                         {"sent_clip_sha256", page.sentSha256},
                         {"shows", name(page.shows)},
                         {"clip_id", nullptr},
                         {"reason", nullptr},
                         {"by", nullptr},
                         {"at", nullptr},
                         {"version", page.version}};
  if (page.shows == PageShows::sent) json["clip_id"] = page.sentClip.value;
  if (page.shows == PageShows::clip) json["clip_id"] = page.clip.value;
  if (!page.at) return json;
  json["reason"] = page.reason;
  json["by"] = page.by;
  json["at"] = toIso(*page.at);
  return json;
}

Reply show(const tracking::PageChoice& page) {
  return ok(toJson(page)).with("ETag", etag(page.version));
}

std::optional<TimePoint> optionalTime(JsonFields& fields, std::string_view name) {
  const auto text = fields.optionalText(name, 64);
  if (!text) return std::nullopt;
  const customers::ParsedTime parsed = customers::parseTime(*text);
  if (!parsed.at) fields.mistake(name, customers::problemText(parsed.fault).en);
  return parsed.at;
}

PageShows showsNamed(const std::string& text) {
  if (text == "clip") return PageShows::clip;
  return text == "nothing" ? PageShows::nothing : PageShows::sent;
}

}  // namespace

std::vector<Route> LinkEndpoints::routes() {
  struct Place {
    LinkScope scope;
    std::string path;
    Scope read, write;
  };
  std::vector<Route> routes;
  for (const Place& place : {Place{LinkScope::message, "/api/v1/messages/{id}/link/revocation",
                                   Scope::messagesRead, Scope::messagesWrite},
                             Place{LinkScope::campaign, "/api/v1/campaigns/{id}/links/revocation",
                                   Scope::campaignsRead, Scope::campaignsLaunch},
                             Place{LinkScope::clip, "/api/v1/clips/{id}/links/revocation",
                                   Scope::campaignsRead, Scope::campaignsLaunch}}) {
    const LinkScope scope = place.scope;
    const RouteOptions revoked{.ifMatch = IfMatch::optional};
    const RouteOptions restored{.ifMatch = IfMatch::required};
    routes.push_back({Method::get, place.path, place.read,
                      [this, scope](Request& r) { return revocation(r, scope); }});
    routes.push_back({Method::put, place.path, place.write,
                      [this, scope](Request& r) { return revoke(r, scope); }, revoked});
    routes.push_back({Method::del, place.path, place.write,
                      [this, scope](Request& r) { return restore(r, scope); }, restored});
  }
  const std::string all = "/api/v1/campaigns/{id}/pages", one = all + "/{language}";
  routes.push_back(
      {Method::get, all, Scope::campaignsRead, [this](Request& r) { return pages(r); }});
  routes.push_back(
      {Method::get, one, Scope::campaignsRead, [this](Request& r) { return page(r); }});
  routes.push_back({Method::put,
                    one,
                    Scope::campaignsLaunch,
                    [this](Request& r) { return change(r); },
                    {.ifMatch = IfMatch::required}});
  return routes;
}

Reply LinkEndpoints::revoke(Request& request, LinkScope scope) {
  JsonFields fields(request.json());
  tracking::LinkService::Revoke wanted;
  wanted.reason = fields.text("reason", kReasonBytes);
  wanted.from = optionalTime(fields, "from");
  fields.check();
  wanted.version = request.ifMatch();
  const auto subject = subjectOf(request, scope);
  return show(subject, links_.revoke(subject, wanted, request.actor()));
}

Reply LinkEndpoints::revocation(Request& request, LinkScope scope) const {
  const auto subject = subjectOf(request, scope);
  return show(subject, links_.revocation(subject));
}

Reply LinkEndpoints::restore(Request& request, LinkScope scope) {
  const std::int64_t version = request.requireIfMatch();
  links_.restore(subjectOf(request, scope), version, request.actor());
  return noContent();
}

// One for each language of the campaign's content, so one page holds them.
Reply LinkEndpoints::pages(Request& request) const {
  nlohmann::json items = nlohmann::json::array();
  for (const auto& page : links_.pages(request.id<CampaignId>())) items.push_back(toJson(page));
  return pageReply(std::move(items), std::nullopt);
}

Reply LinkEndpoints::page(Request& request) const {
  return show(links_.page(request.id<CampaignId>(), request.pathText("language")));
}

Reply LinkEndpoints::change(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  JsonFields fields(request.json());
  tracking::LinkService::Change wanted;
  wanted.version = version;
  wanted.shows = showsNamed(fields.oneOf("shows", {"sent", "clip", "nothing"}));
  const auto clip = fields.optionalNumber("clip_id", 1, std::numeric_limits<std::int64_t>::max());
  if ((wanted.shows == PageShows::clip) != clip.has_value())
    fields.mistake("clip_id", "goes with \"shows\": \"clip\", and only with that");
  wanted.clip = ClipId{clip.value_or(0)};
  wanted.reason = fields.text("reason", kReasonBytes);
  fields.check();
  return show(links_.change(request.id<CampaignId>(), request.pathText("language"), wanted,
                            request.actor()));
}

}  // namespace clipcourier::http
