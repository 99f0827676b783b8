#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "channels/channel.h"
#include "db/database.h"
#include "senders/allowed_hosts.h"
#include "senders/secret_sources.h"
#include "senders/sender.h"

namespace clipcourier::senders {

// A sender ready to be used: its row, how to reach its provider, and the channel's words.
struct ReadySender {
  Sender sender;
  channels::Account account;  // with the token
  const channels::Channel* channel = nullptr;
};

// Senders with their secrets, kept for a moment so that a dispatcher may ask for each batch.
// Borrows its arguments. Thread-safe.
class SenderDirectory {
 public:
  SenderDirectory(db::Database& database, const SecretSources& secrets, const Clock& clock,
                  AllowedHosts hosts = {})
      : database_(database), secrets_(secrets), clock_(clock), hosts_(std::move(hosts)) {}

  // At most some seconds old. Throws Error: notFound, unavailable when the token is missing,
  // refused when the sender is disabled or its base URL leads to a host that is not allowed.
  std::shared_ptr<const ReadySender> get(SenderId id);

  // For webhooks of a channel: the distinct secrets of its senders, disabled ones too because
  // receipts still come. Sources that cannot be read are left out.
  std::vector<Secret> appSecrets(const std::string& channel);
  std::vector<Secret> verifyTokens(const std::string& channel);

  void forget(SenderId id);  // after an edit in this process

 private:
  struct Kept {
    std::shared_ptr<const ReadySender> sender;
    TimePoint until;
  };
  struct KeptSecrets {
    std::vector<Secret> appSecrets, verifyTokens;
    TimePoint until;
  };
  std::shared_ptr<const ReadySender> load(SenderId id) const;
  const KeptSecrets& secretsOf(const std::string& channel);  // with mutex_ held

  db::Database& database_;
  const SecretSources& secrets_;
  const Clock& clock_;
  const AllowedHosts hosts_;
  std::mutex mutex_;
  std::map<SenderId, Kept> kept_;
  std::map<std::string, KeptSecrets> keptSecrets_;
};

}  // namespace clipcourier::senders
