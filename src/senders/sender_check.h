#pragma once

#include <string>
#include <vector>

#include "db/database.h"
#include "net/http_engine.h"
#include "senders/allowed_hosts.h"
#include "senders/secret_sources.h"
#include "senders/sender.h"

namespace clipcourier::senders {

struct CheckFinding {
  bool ok = false;
  std::string code;  // "token", "app_secret", "verify_token", "number", "templates"
  std::string what;  // one sentence: what is so
  std::string hint;  // what to do; empty when it is well
};

// Looks whether a sender can work: its secrets are there and the provider knows token, number and
// account. Borrows its arguments. Thread-safe.
class SenderCheck {
 public:
  SenderCheck(db::Database& database, net::HttpEngine& http, const SecretSources& secrets,
              AllowedHosts hosts = {})
      : database_(database), http_(http), secrets_(secrets), hosts_(std::move(hosts)) {}

  // Asks the provider; throws nothing for what it finds. What the provider says about the number is
  // kept in the sender's row.
  std::vector<CheckFinding> run(const Sender& sender);

 private:
  bool checkSecrets(const Sender& sender, std::vector<CheckFinding>& findings) const;
  void checkNumber(const Sender& sender, std::vector<CheckFinding>& findings);
  void checkTemplates(const Sender& sender, std::vector<CheckFinding>& findings);

  db::Database& database_;
  net::HttpEngine& http_;
  const SecretSources& secrets_;
  AllowedHosts hosts_;
};

}  // namespace clipcourier::senders
