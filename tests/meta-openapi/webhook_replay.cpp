// Replays webhooks through the real listener, inbox and applier, each into a database of its own,
// and shows the effect as JSON on standard output. Standard input: a JSON array of bodies.
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "../http/raw_client.h"
#include "../messages/message_fixture.h"
#include "base/crypto.h"
#include "http/server.h"
#include "http/webhook_endpoints.h"
#include "messages/webhook_applier.h"

using namespace clipcourier;
using Json = nlohmann::json;

namespace {

constexpr auto kSecret = "app secret";

struct Nobody : users::Authenticator {
  std::optional<users::Principal> authenticate(std::string_view) const override {
    return std::nullopt;
  }
};

// The number of Meta's examples, and the person who writes in them, with a message that waits and
// one that was sent.
class World : public messages::MessageFixture {
 public:
  explicit World(const std::string& answeredId) : MessageFixture(db::Engine::sqlite, 1) {
    database->write([&](db::Transaction& tx) {
      tx.run("UPDATE senders SET external_id = '106540352242922'");
      tx.run("UPDATE customer_identities SET value = '+16505551234'");
      tx.run("UPDATE messages SET address = '+16505551234'");
      tx.run(
          R"sql(INSERT INTO campaigns (name, state, sender_id, purpose, audience, fallback_language,
          created_at_ms, updated_at_ms) VALUES ('old', 'completed', 1, 'marketing', '{}', 'de', 0, 0))sql");
      tx.run(
          R"sql(INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state,
          due_at_ms, attempts, state_at_ms, created_at_ms)
          VALUES (2, 1, 1, '+16505551234', 'de', 'delivered', 0, 1, 0, 0))sql");
      tx.run(
          R"sql(INSERT INTO attempts (message_id, number, sender_id, state, state_rank, provider_id,
          started_at_ms, deadline_at_ms) VALUES (2, 1, 1, 'delivered', 4, $1, 0, 0))sql",
          answeredId.empty() ? std::string("wamid.none") : answeredId);
    });
    http::WebhookSource source;
    source.channel = &channel;
    source.appSecrets = [] { return std::vector{Secret(kSecret)}; };
    source.verifyTokens = [] { return std::vector<Secret>{}; };
    source.stored = [] {};
    endpoints.emplace(http::WebhookSources{{"whatsapp", source}}, *database, clock);
    http::Routes routes;
    routes.webhooks = endpoints->routes();
    http::ServerSettings settings;
    for (auto* listener : {&settings.api, &settings.webhooks, &settings.publicPages})
      listener->port = 0;
    server.emplace(settings, std::move(routes), nobody, [](const std::string&) {});
    server->start();
  }

  Json replay(const std::string& body) {
    const std::string signature =
        "X-Hub-Signature-256: sha256=" + crypto::hex(crypto::hmacSha256(kSecret, body));
    const int status = call(server->port(http::Port::webhooks),
                            request("POST", "/webhooks/whatsapp", body, {signature}))
                           .status;
    applier.runOnce();
    Json effect = {
        {"status", status},
        {"webhook", rows("SELECT state || '/' || unknown_parts FROM webhooks")},
        {"unknown", rows("SELECT field || '/' || kind || '/' || why FROM webhook_unknowns")},
        {"inbound", rows("SELECT kind || '/' || coalesce(customer_id, 0) || '/' || "
                         "coalesce(message_id, 0) FROM inbound_messages")},
        {"consents", rows("SELECT customer_id || '/' || state FROM consents WHERE "
                          "purpose = 'marketing' ORDER BY customer_id")},
        {"people", rows("SELECT customer_id || '/' || kind || '/' || value FROM "
                        "customer_identities ORDER BY customer_id, kind")},
        {"waiting", state(1)},
        {"replied", rows("SELECT id || '' FROM messages WHERE replied_at_ms IS NOT NULL")},
        {"window", rows("SELECT customer_id || '' FROM session_windows")}};
    return effect;
  }

 private:
  Json rows(const std::string& sql) {
    Json list = Json::array();
    database->read([&](db::Connection& c) {
      for (auto& [text] : c.query<std::string>(sql)) list.push_back(text);
    });
    return list;
  }

  Nobody nobody;
  messages::AttemptToken tokens{keys};
  messages::ReceiptApplier receipts{tokens, channel, reactions};
  messages::InboundApplier inbound{"whatsapp", optOut};
  messages::SenderEventApplier senderEvents{"whatsapp"};
  messages::WebhookApplier applier{*database,    channel, receipts, inbound,
                                   senderEvents, optOut,  clock,    [](const std::string&, int) {}};
  std::optional<http::WebhookEndpoints> endpoints;
  std::optional<http::Server> server;
};

std::string answeredBy(const Json& body) {
  const Json::json_pointer message("/entry/0/changes/0/value/messages/0");
  if (!body.contains(message)) return "";
  const Json& first = body.at(message);
  if (first.contains("context")) return first["context"].value("id", "");
  if (first.contains("reaction")) return first["reaction"].value("message_id", "");
  return "";
}

}  // namespace

int main() {
  try {
    const std::string input((std::istreambuf_iterator<char>(std::cin)), {});
    Json effects = Json::array();
    for (const Json& body : Json::parse(input))
      effects.push_back(World(answeredBy(body)).replay(body.dump()));
    std::cout << effects.dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "webhook_replay: " << error.what() << '\n';
    return 1;
  }
}
