#include "http/health.h"

#include <nlohmann/json.hpp>

namespace clipcourier::http {
namespace {

bool passes(const ReadyCheck& check) {
  try {
    check.check();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

Reply ready(const std::vector<ReadyCheck>& checks) {
  nlohmann::json results = nlohmann::json::object();
  bool all = true;
  for (const ReadyCheck& check : checks) {
    const bool good = passes(check);
    results[check.name] = good ? "ok" : "failed";
    all = all && good;
  }
  return ok({{"status", all ? "ready" : "not ready"}, {"checks", results}}, all ? 200 : 503);
}

}  // namespace

std::vector<Route> healthRoutes(std::vector<ReadyCheck> checks) {
  return {
      {Method::get, "/healthz", kOpen,
       [](Request&) {
         return ok({{"status", "ok"}});
       }},
      {Method::get, "/readyz", kOpen,
       [checks = std::move(checks)](Request&) { return ready(checks); }},
  };
}

}  // namespace clipcourier::http
