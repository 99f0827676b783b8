#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/campaign_report_endpoints.h"
#include "http/idempotency.h"
#include "http/message_endpoints.h"
#include "http/queue_endpoints.h"
#include "http/raw_client.h"
#include "http/resolution_endpoints.h"
#include "http/server.h"
#include "messages/message_fixture.h"
#include "users/audit_log.h"
#include "users/token_service.h"

#define ON_BOTH_ENGINES GENERATE(db::Engine::sqlite, db::Engine::postgresql)

namespace clipcourier::http {

// The endpoints of messages and their queue on a real socket, over one running campaign.
struct MessageApi {
  MessageApi(db::Engine engine, int customers) : world(engine, customers) { server.start(); }

  std::string token(users::Scopes scopes) {
    return tokens.create("test", scopes, {}, Actor{"cli", "root", ""}).text.reveal();
  }
  RawReply askAs(const std::string& bearer, const std::string& method, const std::string& target,
                 const std::string& body = {}, const std::string& key = {}) {
    std::vector<std::string> headers{"Authorization: Bearer " + bearer};
    if (!key.empty()) headers.push_back("Idempotency-Key: " + key);
    return call(server.port(Port::api), request(method, target, body, headers));
  }
  RawReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return askAs(all, method, target, body);
  }
  nlohmann::json getAs(const std::string& bearer, const std::string& target) {
    return nlohmann::json::parse(askAs(bearer, "GET", target).body);
  }
  nlohmann::json get(const std::string& target) { return getAs(all, target); }
  // What was changed through these endpoints, newest first.
  std::vector<std::string> auditActions() {
    std::vector<std::string> actions;
    world.database->read([&](db::Connection& c) {
      for (const auto& entry : users::AuditLog::list(c, 0, 100))
        if (entry.objectType != "token") actions.push_back(entry.action);
    });
    return actions;
  }
  std::vector<Route> routes() {
    std::vector<Route> all = messageEndpoints.routes();
    for (Route& route : queueEndpoints.routes()) all.push_back(std::move(route));
    for (Route& route : reportEndpoints.routes()) all.push_back(std::move(route));
    for (Route& route : resolutionEndpoints.routes()) all.push_back(std::move(route));
    return all;
  }

  messages::MessageFixture world;
  int wakes = 0;
  std::map<CampaignId, std::string> supplyWaits;
  SupplyWaits waits = [this] { return supplyWaits; };
  messages::WatchToken watchTokens{world.keys};
  users::AuditLog audit{world.clock};
  users::TokenService tokens{*world.database, audit, world.clock};
  messages::HoldService holds{*world.database, audit, world.clock, [this] { ++wakes; }};
  MessageEndpoints messageEndpoints{
      *world.database, watchTokens, world.clock, waits, {"https://w.example", Millis(600'000)}};
  QueueEndpoints queueEndpoints{*world.database, holds, world.clock, waits};
  CampaignReportEndpoints reportEndpoints{*world.database, world.keys, audit};
  jobs::Bell bell;
  messages::ResolutionService resolutions{
      *world.database, audit, world.clock, bell, Millis(600'000), [this] { ++wakes; }};
  ResolutionEndpoints resolutionEndpoints{resolutions, world.clock};
  IdempotencyKeys once{*world.database, world.clock, Millis(3'600'000)};
  std::string all = token(users::Scopes::all());
  Server server{ServerSettings{},
                {.api = once.guard(routes()), .webhooks = {}, .publicPages = {}},
                tokens,
                [](const std::string&) {}};
};

}  // namespace clipcourier::http
