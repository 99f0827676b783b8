#include "http/openapi.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/embedded.h"
#include "base/text.h"

namespace clipcourier {
extern const EmbeddedFile openApiFiles[];
extern const int openApiFilesCount;
}  // namespace clipcourier

namespace clipcourier::http {
namespace {

using nlohmann::json;

// Adds the members of `from` to `to`; nothing may be described twice.
void mergeInto(json& to, const json& from, const std::string& file) {
  for (const auto& [name, value] : from.items()) {
    if (!to.emplace(name, value).second) {
      throw Error(ErrorKind::internal, "openapi/" + file + " describes " + name + " a second time");
    }
  }
}

std::string operationOf(const Route& route) { return text::lower(name(route.method)); }

class Comparison {
 public:
  Comparison(const Route& route, const json& operation, const json& document)
      : route_(route), operation_(operation), document_(document) {}

  std::vector<std::string> mismatches() {
    std::string scope(route_.scope ? users::name(*route_.scope) : "");
    for (const Scope other : route_.options.orScopes)
      scope += " or " + std::string(users::name(other));
    if (operation_.value("x-scope", "") != scope) note("x-scope is not \"" + scope + '"');
    compareNames("path", pathNames());
    compareNames("query", {route_.options.query.begin(), route_.options.query.end()});
    if (header("Idempotency-Key").is_null() == route_.options.once)
      note(route_.options.once ? "lacks Idempotency-Key" : "has an Idempotency-Key nobody minds");
    compareIfMatch();
    const bool takesBody = route_.takes() != Takes::nothing;
    if (operation_.contains("requestBody") != takesBody) {
      note(takesBody ? "has no requestBody" : "has a requestBody that the route does not take");
    }
    compareAnswers();
    if (!operation_.contains("summary")) note("has no summary");
    return std::move(notes_);
  }

 private:
  void note(const std::string& what) {
    notes_.push_back(std::string(name(route_.method)) + ' ' + route_.path + ": " + what);
  }

  const json& resolved(const json& value) const {
    if (!value.contains("$ref")) return value;
    return document_.at(json::json_pointer(value["$ref"].get<std::string>().substr(1)));
  }

  std::set<std::string> pathNames() const {
    std::set<std::string> names;
    for (const std::string& segment : text::split(route_.path, '/')) {
      if (segment.starts_with('{')) names.insert(segment.substr(1, segment.size() - 2));
    }
    return names;
  }

  void compareNames(const std::string& where, std::set<std::string> wanted) {
    for (const json& given : operation_.value("parameters", json::array())) {
      const json& parameter = resolved(given);
      if (parameter["in"] != where) continue;
      const std::string name = parameter["name"];
      if (wanted.erase(name) == 0)
        note("describes a " + where + " parameter there is not: " + name);
    }
    for (const std::string& name : wanted) note("lacks the " + where + " parameter " + name);
  }

  // Null when it is not described.
  json header(const std::string& name) const {
    for (const json& given : operation_.value("parameters", json::array())) {
      const json& parameter = resolved(given);
      if (parameter["in"] == "header" && parameter["name"] == name) return parameter;
    }
    return nullptr;
  }

  void compareIfMatch() {
    const json described = header("If-Match");
    const IfMatch wanted = route_.options.ifMatch;
    if (described.is_null() != (wanted == IfMatch::ignored))
      note(described.is_null() ? "lacks If-Match" : "has an If-Match nobody minds");
    else if (!described.is_null() &&
             described.value("required", false) != (wanted == IfMatch::required))
      note("is wrong about whether If-Match is required");
  }

  void compareAnswers() {
    bool succeeds = false, problem = false;
    const json responses = operation_.value("responses", json::object());
    for (const auto& [status, given] : responses.items()) {
      succeeds = succeeds || status.starts_with('2') || status.starts_with('3');
      if (status != "default" && !status.starts_with('4')) continue;
      problem =
          problem ||
          resolved(given).value("content", json::object()).contains("application/problem+json");
    }
    if (!succeeds) note("has no answer that succeeds");
    if (!problem) note("has no problem+json answer");
  }

  const Route& route_;
  const json& operation_;
  const json& document_;
  std::vector<std::string> notes_;
};

}  // namespace

json openApiDocument() {
  json document;
  for (int i = 0; i < openApiFilesCount; ++i) {
    if (std::string_view(openApiFiles[i].name) == "base.json")
      document = json::parse(openApiFiles[i].content);
  }
  for (int i = 0; i < openApiFilesCount; ++i) {
    const std::string file = openApiFiles[i].name;
    if (file == "base.json") continue;
    const json part = json::parse(openApiFiles[i].content);
    mergeInto(document["paths"], part.value("paths", json::object()), file);
    const json components = part.value("components", json::object());
    for (const auto& [kind, members] : components.items()) {
      mergeInto(document["components"][kind], members, file);
    }
  }
  return document;
}

std::vector<Route> openApiRoutes() {
  return {{Method::get, "/api/openapi.json", kOpen, [text = openApiDocument().dump()](Request&) {
             return bytes(text, "application/json").with("Cache-Control", "public, max-age=300");
           }}};
}

std::vector<std::string> openApiMismatches(const std::vector<Route>& routes, const json& document) {
  std::vector<std::string> mismatches;
  std::set<std::string> described;
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) described.insert(method + ' ' + path);
  }
  for (const Route& route : routes) {
    const std::string key = operationOf(route) + ' ' + route.path;
    if (described.erase(key) == 0) {
      mismatches.push_back(key + ": is not described");
      continue;
    }
    const json& operation = document["paths"][route.path][operationOf(route)];
    for (std::string& note : Comparison(route, operation, document).mismatches()) {
      mismatches.push_back(std::move(note));
    }
  }
  for (const std::string& key : described)
    mismatches.push_back(key + ": is described, but there is no route");
  return mismatches;
}

}  // namespace clipcourier::http
