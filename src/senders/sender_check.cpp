#include "senders/sender_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "channels/registry.h"
#include "senders/exchange_runner.h"
#include "senders/sender_repository.h"

namespace clipcourier::senders {

namespace {

CheckFinding failed(std::string code, const channels::ExchangeFailure& failure) {
  const char* hint = "Compare the sender's settings with the provider's console.";
  if (failure.reaction == channels::Reaction::auth) {
    hint = "Make a new token with whatsapp_business_messaging and whatsapp_business_management.";
  } else if (failure.temporary) {
    hint = "Check that the base URL can be reached from here, then try again.";
  }
  return {false, std::move(code), failure.reason, hint};
}

std::string detailsOf(const channels::NumberInfo& info) {
  return nlohmann::json{
      {"verified_name", info.verifiedName}, {"quality_rating", info.qualityRating},
      {"name_status", info.nameStatus},     {"code_verification", info.codeVerification},
      {"throughput", info.throughput},      {"messaging_limit", info.messagingLimit}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

bool SenderCheck::checkSecrets(const Sender& sender, std::vector<CheckFinding>& findings) const {
  const auto look = [&](const char* code, const std::string& source) {
    try {
      secrets_.read(source);
      findings.push_back({true, code, source + " is there.", ""});
      return true;
    } catch (const Error& error) {
      findings.push_back({false, code, error.what(), error.hint()});
      return false;
    }
  };
  const bool token = look("token", sender.tokenSource);
  look("app_secret", sender.appSecretSource);
  look("verify_token", sender.verifyTokenSource);
  return token;
}

void SenderCheck::checkNumber(const Sender& sender, std::vector<CheckFinding>& findings) {
  const channels::Account account{sender.baseUrl, sender.apiVersion, sender.externalId,
                                  sender.accountId, secrets_.read(sender.tokenSource)};
  const auto reading = channels::get(sender.channel).readNumber(account);
  auto end = runExchange(http_, *reading);
  if (const auto* failure = std::get_if<channels::ExchangeFailure>(&end)) {
    findings.push_back(failed("number", *failure));
    return;
  }
  const auto& info = std::get<channels::NumberInfo>(end);
  database_.write([&](db::Transaction& tx) {
    SenderRepository senders(tx);
    senders.mergeDetails(sender.id, detailsOf(info));
    senders.setDisplayAddress(sender.id, info.displayNumber);
  });
  findings.push_back(
      {true, "number", "The provider knows the number " + info.displayNumber + ".", ""});
}

void SenderCheck::checkTemplates(const Sender& sender, std::vector<CheckFinding>& findings) {
  const channels::Account account{sender.baseUrl, sender.apiVersion, sender.externalId,
                                  sender.accountId, secrets_.read(sender.tokenSource)};
  const auto listing = channels::get(sender.channel).listTemplates(account);
  auto end = runExchange(http_, *listing);
  if (const auto* failure = std::get_if<channels::ExchangeFailure>(&end)) {
    findings.push_back(failed("templates", *failure));
    return;
  }
  const auto& all = std::get<std::vector<channels::Template>>(end);
  const auto approved = std::count_if(
      all.begin(), all.end(), [](const channels::Template& t) { return t.status == "APPROVED"; });
  findings.push_back(
      {approved > 0, "templates",
       std::to_string(approved) + " of " + std::to_string(all.size()) + " templates are approved.",
       approved > 0 ? ""
                    : "Create a template in the provider's console and wait for its approval."});
}

std::vector<CheckFinding> SenderCheck::run(const Sender& sender) {
  std::vector<CheckFinding> findings;
  try {
    if (!hosts_.allow(sender.baseUrl)) {
      findings.push_back({false, "host", "The base URL leads to a host that is not allowed.",
                          "Name the host in senders.allowed_hosts, or correct the base URL."});
      return findings;
    }
    if (!checkSecrets(sender, findings)) return findings;
    checkNumber(sender, findings);
    checkTemplates(sender, findings);
  } catch (const Error& error) {
    findings.push_back({false, "sender", error.what(), error.hint()});
  }
  return findings;
}

}  // namespace clipcourier::senders
