#include "http/consent_endpoints.h"

#include <nlohmann/json.hpp>

#include "customers/import_line.h"
#include "customers/problem.h"
#include "http/customer_json.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

using namespace customers;
using nlohmann::json;

const std::string kWordings = "/api/v1/consent-wordings";
constexpr std::size_t kProofBytes = 4'000;

// The fields that every act has; check() is left to the caller.
ConsentAct readAct(JsonFields& fields) {
  ConsentAct act;
  act.channel = fields.text("channel", 64);
  act.purpose = fields.text("purpose", 64);
  act.proof.method = fields.text("method", 64);
  act.proof.source = fields.text("source", kProofBytes);
  if (const auto at = fields.optionalText("at", 64)) {
    const ParsedTime parsed = parseTime(*at);
    if (!parsed.at) fields.mistake("at", problemText(parsed.fault).en);
    act.at = parsed.at;
  }
  return act;
}

}  // namespace

std::vector<Route> ConsentEndpoints::routes() {
  const auto to = [this](Reply (ConsentEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string all = "/api/v1/customers/{id}/consents";
  const RouteOptions paged{.query = {"limit", "cursor"}};
  return {
      {Method::get, all, Scope::customersRead, to(&ConsentEndpoints::history), paged},
      {Method::post, all, Scope::customersWrite, to(&ConsentEndpoints::record)},
      {Method::post, all + "/withdraw", Scope::customersWrite, to(&ConsentEndpoints::withdraw)},
      {Method::post,
       kWordings,
       Scope::customersWrite,
       to(&ConsentEndpoints::addWording),
       {.once = true}},
      {Method::get, kWordings, Scope::customersRead, to(&ConsentEndpoints::listWordings), paged},
  };
}

// What is true now, with one page of the ledger.
Reply ConsentEndpoints::history(Request& request) {
  const PageRequest page = request.page();
  const CustomerId id = request.id<CustomerId>();
  ConsentHistory history = desk_.history(id, page.afterId(), page.limit + 1);
  json next;
  if (history.entries.size() > static_cast<std::size_t>(page.limit)) {
    history.entries.pop_back();
    next = encodeCursor(std::to_string(history.entries.back().seq));
  }
  json current = json::array(), entries = json::array();
  for (const Consent& consent : history.current) current.push_back(toJson(consent));
  for (const LedgerEntry& entry : history.entries) entries.push_back(toJson(entry));
  return ok({{"customer_id", id.value},
             {"current", std::move(current)},
             {"ledger", std::move(entries)},
             {"next_cursor", std::move(next)}});
}

Reply ConsentEndpoints::record(Request& request) {
  JsonFields fields(request.json());
  const bool given = fields.oneOf("event", {"requested", "given"}) == "given";
  ConsentAct act = readAct(fields);
  act.wording = fields.text("wording", 300);
  act.proof.evidence = fields.text("evidence", kProofBytes);
  fields.check();
  const CustomerId id = request.id<CustomerId>();
  return ok(toJson(given ? desk_.give(id, act, request.actor())
                         : desk_.request(id, act, request.actor())));
}

Reply ConsentEndpoints::withdraw(Request& request) {
  JsonFields fields(request.json());
  ConsentAct act = readAct(fields);
  act.proof.evidence = fields.optionalText("evidence", kProofBytes).value_or("");
  fields.check();
  json items = json::array();
  for (const Consent& c : desk_.withdraw(request.id<CustomerId>(), act, request.actor()))
    items.push_back(toJson(c));
  return ok({{"items", std::move(items)}});
}

Reply ConsentEndpoints::addWording(Request& request) {
  JsonFields fields(request.json());
  Wording wording;
  wording.name = fields.text("name", 64);
  wording.language = fields.text("language", 8);
  wording.purpose = fields.text("purpose", 64);
  wording.channels = fields.texts("channels", 10, 64);
  wording.tracking = fields.flag("tracking", false);
  wording.text = fields.text("text", 20'000);
  fields.check();
  const Wording added = desk_.addWording(wording, request.actor());
  return created(kWordings + "/" + std::to_string(added.id.value), toJson(added));
}

Reply ConsentEndpoints::listWordings(Request& request) {
  const PageRequest page = request.page();
  auto found = desk_.wordings(WordingId{page.afterId()}, page.limit + 1);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  json items = json::array();
  for (const Wording& wording : found) items.push_back(toJson(wording));
  return pageReply(std::move(items), next);
}

}  // namespace clipcourier::http
