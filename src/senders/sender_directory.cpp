#include "senders/sender_directory.h"

#include <algorithm>

#include "base/error.h"
#include "channels/registry.h"
#include "senders/exchange_runner.h"
#include "senders/sender_repository.h"

namespace clipcourier::senders {

namespace {

constexpr Millis kKeep{5'000};  // how long an edit or a new secret may go unnoticed

void addDistinct(std::vector<Secret>& secrets, Secret secret) {
  const bool known = std::any_of(secrets.begin(), secrets.end(),
                                 [&](const Secret& s) { return s.reveal() == secret.reveal(); });
  if (!known) secrets.push_back(std::move(secret));
}

}  // namespace

Error toError(const channels::ExchangeFailure& failure, std::string_view doing) {
  std::string what = std::string(doing) + ": " + failure.reason;
  if (failure.temporary) {
    return Error(ErrorKind::unavailable, std::move(what), "Try again later.",
                 "provider.unavailable");
  }
  return Error(ErrorKind::refused, std::move(what), "Mend what the provider names, then try again.",
               "provider.refused");
}

std::shared_ptr<const ReadySender> SenderDirectory::load(SenderId id) const {
  auto sender = database_.read([&](db::Connection& c) { return SenderRepository(c).find(id); });
  if (!sender) throw Error(ErrorKind::notFound, "there is no such sender");
  if (sender->state != SenderState::active) {
    throw Error(ErrorKind::refused, "the sender is disabled", "Enable it first.",
                "sender.disabled");
  }
  if (!hosts_.allow(sender->baseUrl)) {
    throw Error(ErrorKind::refused, "the sender's base URL leads to a host that is not allowed",
                "Name the host in senders.allowed_hosts, or correct the base URL.", "sender.host");
  }
  auto ready = std::make_shared<ReadySender>();
  ready->account = {sender->baseUrl, sender->apiVersion, sender->externalId, sender->accountId,
                    secrets_.read(sender->tokenSource)};
  ready->channel = &channels::get(sender->channel);
  ready->sender = *std::move(sender);
  return ready;
}

std::shared_ptr<const ReadySender> SenderDirectory::get(SenderId id) {
  const TimePoint now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(id);
    if (found != kept_.end() && now < found->second.until) return found->second.sender;
  }
  auto loaded = load(id);
  const std::lock_guard lock(mutex_);
  kept_[id] = {loaded, now + kKeep};
  return loaded;
}

const SenderDirectory::KeptSecrets& SenderDirectory::secretsOf(const std::string& channel) {
  KeptSecrets& kept = keptSecrets_[channel];
  const TimePoint now = clock_.now();
  if (now < kept.until) return kept;
  const auto senders =
      database_.read([&](db::Connection& c) { return SenderRepository(c).ofChannel(channel); });
  kept = {};
  kept.until = now + kKeep;
  const auto collect = [&](std::vector<Secret>& into, const std::string& source) {
    try {
      addDistinct(into, secrets_.read(source));
    } catch (const Error&) {
      // `clipcourier check` reports it; the others must still be able to sign.
    }
  };
  for (const Sender& sender : senders) {
    collect(kept.appSecrets, sender.appSecretSource);
    collect(kept.verifyTokens, sender.verifyTokenSource);
  }
  return kept;
}

std::vector<Secret> SenderDirectory::appSecrets(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  return secretsOf(channel).appSecrets;
}

std::vector<Secret> SenderDirectory::verifyTokens(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  return secretsOf(channel).verifyTokens;
}

void SenderDirectory::forget(SenderId id) {
  const std::lock_guard lock(mutex_);
  kept_.erase(id);
  keptSecrets_.clear();
}

}  // namespace clipcourier::senders
