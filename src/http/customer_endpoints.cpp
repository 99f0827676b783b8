#include "http/customer_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "customers/problem.h"
#include "http/customer_json.h"
#include "http/json_fields.h"

namespace clipcourier::http {
namespace {

using namespace customers;

const std::string kCustomers = "/api/v1/customers";

Reply show(const Customer& customer, int status = 200) {
  return ok(toJson(customer), status).with("ETag", "\"" + std::to_string(customer.version) + "\"");
}

IdentityKind kindIn(Request& request) {
  const auto kind = identityKind(request.pathText("kind"));
  if (!kind)
    throw Error(ErrorKind::notFound, "there is no such kind of identity",
                problemText("identity.unknown_kind").en, "identity.unknown_kind");
  return *kind;
}

void drop(CustomerData& data, IdentityKind kind) {
  std::erase_if(data.identities, [&](const Identity& i) { return i.kind == kind; });
}

}  // namespace

std::vector<Route> CustomerEndpoints::routes() {
  const auto to = [this](Reply (CustomerEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const std::string one = kCustomers + "/{id}";
  const std::string identity = one + "/identities/{kind}", tag = one + "/tags/{tag}";
  const RouteOptions paged{.query = {"limit", "cursor", "tag"}};
  const RouteOptions edited{.ifMatch = IfMatch::required}, part{.ifMatch = IfMatch::optional};
  const RouteOptions bare{.takes = Takes::nothing, .ifMatch = IfMatch::optional};
  return {
      {Method::post, kCustomers, Scope::customersWrite, to(&CustomerEndpoints::create)},
      {Method::get, kCustomers, Scope::customersRead, to(&CustomerEndpoints::list), paged},
      {Method::post, kCustomers + "/search", Scope::customersRead, to(&CustomerEndpoints::search)},
      {Method::get, one, Scope::customersRead, to(&CustomerEndpoints::get)},
      {Method::patch, one, Scope::customersWrite, to(&CustomerEndpoints::edit), edited},
      {Method::put, identity, Scope::customersWrite, to(&CustomerEndpoints::setIdentity), part},
      {Method::del, identity, Scope::customersWrite, to(&CustomerEndpoints::removeIdentity), part},
      {Method::put, tag, Scope::customersWrite, to(&CustomerEndpoints::addTag), bare},
      {Method::del, tag, Scope::customersWrite, to(&CustomerEndpoints::removeTag), part},
  };
}

Reply CustomerEndpoints::create(Request& request) {
  CustomerData data;
  applyPatch(request.json(), data);
  const Customer made = service_.create(data, request.actor());
  return show(made, 201).with("Location", kCustomers + "/" + std::to_string(made.id.value));
}

Reply CustomerEndpoints::list(Request& request) {
  const PageRequest page = request.page();
  CustomerFilter filter{CustomerId{page.afterId()}, page.limit + 1, request.query("tag")};
  if (filter.tag) filter.tag = text::lower(*filter.tag);
  auto found = service_.list(filter);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  nlohmann::json items = nlohmann::json::array();
  for (const Customer& customer : found) items.push_back(toJson(customer));
  return pageReply(std::move(items), next);
}

// By the exact value of one thing. POST, because the value is personal.
Reply CustomerEndpoints::search(Request& request) {
  JsonFields fields(request.json());
  const std::string by =
      fields.oneOf("by", {"external_ref", "phone", "whatsapp", "bsuid", "email", "telegram"});
  const std::string value = fields.text("value", 300);
  fields.check();
  const auto kind = identityKind(by);
  const auto found = kind ? service_.findByIdentity(*kind, value) : service_.findByRef(value);
  nlohmann::json items = nlohmann::json::array();
  if (found) items.push_back(toJson(*found));
  return ok({{"items", std::move(items)}});
}

Reply CustomerEndpoints::get(Request& request) {
  return show(service_.get(request.id<CustomerId>()));
}

Reply CustomerEndpoints::edit(Request& request) {
  const std::int64_t version = request.requireIfMatch();
  const nlohmann::json patch = request.json();
  return show(service_.change(
      request.id<CustomerId>(), version, [&](CustomerData& data) { applyPatch(patch, data); },
      request.actor()));
}

Reply CustomerEndpoints::change(Request& request, const std::function<void(CustomerData&)>& edit) {
  return show(service_.change(request.id<CustomerId>(), request.ifMatch(), edit, request.actor()));
}

Reply CustomerEndpoints::setIdentity(Request& request) {
  const IdentityKind kind = kindIn(request);
  JsonFields fields(request.json());
  const std::string value = fields.text("value", 300);
  fields.check();
  return change(request, [&](CustomerData& data) {
    drop(data, kind);
    data.identities.push_back({kind, value});
  });
}

Reply CustomerEndpoints::removeIdentity(Request& request) {
  const IdentityKind kind = kindIn(request);
  return change(request, [&](CustomerData& data) { drop(data, kind); });
}

Reply CustomerEndpoints::addTag(Request& request) {
  return change(request, [&](CustomerData& data) { data.tags.push_back(request.pathText("tag")); });
}

Reply CustomerEndpoints::removeTag(Request& request) {
  const std::string tag = text::lower(request.pathText("tag"));
  return change(request, [&](CustomerData& data) { std::erase(data.tags, tag); });
}

}  // namespace clipcourier::http
