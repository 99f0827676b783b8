#include "senders/sender_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "channels/registry.h"
#include "senders/sender_repository.h"
#include "users/audit_log.h"

namespace clipcourier::senders {

namespace {

bool isDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isVersion(std::string_view text) {  // "v23.0"
  const std::size_t dot = text.find('.');
  return text.size() <= 16 && text.starts_with('v') && dot != std::string_view::npos &&
         isDigits(text.substr(1, dot - 1)) && isDigits(text.substr(dot + 1));
}

bool isBaseUrl(std::string_view url) {
  const bool scheme = url.starts_with("https://") || url.starts_with("http://");
  const std::string_view rest = scheme ? url.substr(url.find("://") + 3) : url;
  return scheme && !rest.empty() && rest[0] != '/' && url.size() <= 200 &&
         url.find_first_of("?#@ \t\r\n\"<>\\") == std::string_view::npos;
}

// The fields that differ, by name, for the audit log: what changed, not the values.
nlohmann::json changedFields(const SenderInput& a, const SenderInput& b) {
  nlohmann::json changed = nlohmann::json::array();
  const auto note = [&](const char* field, bool differs) {
    if (differs) changed.push_back(field);
  };
  note("name", a.name != b.name);
  note("external_id", a.externalId != b.externalId);
  note("account_id", a.accountId != b.accountId);
  note("display_address", a.displayAddress != b.displayAddress);
  note("base_url", a.baseUrl != b.baseUrl);
  note("api_version", a.apiVersion != b.apiVersion);
  note("token_source", a.tokenSource != b.tokenSource);
  note("app_secret_source", a.appSecretSource != b.appSecretSource);
  note("verify_token_source", a.verifyTokenSource != b.verifyTokenSource);
  note("messages_per_second", a.messagesPerSecond != b.messagesPerSecond);
  note("state", a.state != b.state);
  return changed;
}

}  // namespace

void SenderService::check(const SenderInput& input) const {
  std::vector<ErrorDetail> mistakes;
  const auto require = [&](bool good, const char* where, const char* what) {
    if (!good) mistakes.push_back({"sender." + std::string(where), where, what});
  };
  const auto requireSource = [&](const std::string& source, const char* where) {
    try {
      secrets_.check(source);
    } catch (const Error& error) {
      mistakes.push_back({error.code(), where, error.hint()});
    }
  };
  require(channels::find(input.channel) != nullptr, "channel", "There is no such channel.");
  require(!text::trim(input.name).empty() && input.name.size() <= 200 && text::isUtf8(input.name),
          "name", "A name of 1 to 200 bytes for people to know the sender by.");
  require(isDigits(input.externalId) && input.externalId.size() <= 30, "external_id",
          "The phone number id: digits, as the provider's console shows it.");
  require(isDigits(input.accountId) && input.accountId.size() <= 30, "account_id",
          "The business account (WABA) id: digits, as the provider's console shows it.");
  require(input.displayAddress.size() <= 50 &&
              (input.displayAddress.empty() || text::isUtf8(input.displayAddress)),
          "display_address", "The number as people read it, at most 50 bytes.");
  require(isBaseUrl(input.baseUrl), "base_url",
          "An http or https URL without user, query or fragment: https://graph.facebook.com");
  require(!isBaseUrl(input.baseUrl) || hosts_.allow(input.baseUrl), "base_url",
          "Its host is not one of senders.allowed_hosts: the token would be sent there.");
  require(isVersion(input.apiVersion), "api_version", "The version of the Graph API: v23.0");
  require(input.messagesPerSecond >= 1 && input.messagesPerSecond <= 1000, "messages_per_second",
          "1 to 1000; 80 unless the provider has raised it.");
  requireSource(input.tokenSource, "token_source");
  requireSource(input.appSecretSource, "app_secret_source");
  requireSource(input.verifyTokenSource, "verify_token_source");
  if (mistakes.empty()) return;
  throw Error(ErrorKind::invalidInput, "the sender's settings are not valid",
              "Correct the fields that are named.", "sender.invalid")
      .with(std::move(mistakes));
}

Sender SenderService::create(const SenderInput& input, const Actor& actor) {
  check(input);
  return database_.write([&](db::Transaction& tx) {
    SenderRepository senders(tx);
    if (senders.findByExternalId(input.channel, input.externalId)) {
      throw Error(ErrorKind::conflict, "this number is a sender already", "Edit that sender.",
                  "sender.exists");
    }
    Sender sender = senders.add(input, clock_.now());
    users::AuditLog(clock_).record(tx, actor, "sender.create", "sender", sender.id.value,
                                   {{"channel", input.channel}, {"external_id", input.externalId}});
    return sender;
  });
}

Sender SenderService::edit(SenderId id, std::int64_t version, SenderInput input,
                           const Actor& actor) {
  input.channel = get(id).channel;
  check(input);
  Sender sender = database_.write([&](db::Transaction& tx) {
    SenderRepository senders(tx);
    const auto before = senders.find(id);
    if (!before) throw Error(ErrorKind::notFound, "there is no such sender");
    if (!senders.update(id, version, input, clock_.now())) {
      throw Error(ErrorKind::conflict, "the sender was changed by somebody else",
                  "Read it again, then repeat the change.", "sender.version");
    }
    users::AuditLog(clock_).record(tx, actor, "sender.edit", "sender", id.value,
                                   {{"changed", changedFields(*before, input)}});
    return *senders.find(id);
  });
  directory_.forget(id);
  return sender;
}

Sender SenderService::get(SenderId id) const {
  auto sender = database_.read([&](db::Connection& c) { return SenderRepository(c).find(id); });
  if (!sender) throw Error(ErrorKind::notFound, "there is no such sender");
  return *std::move(sender);
}

}  // namespace clipcourier::senders
