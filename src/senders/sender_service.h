#pragma once

#include "base/actor.h"
#include "db/database.h"
#include "senders/allowed_hosts.h"
#include "senders/secret_sources.h"
#include "senders/sender.h"
#include "senders/sender_directory.h"

namespace clipcourier::senders {

// The rules of senders, each change with its audit row. Borrows its arguments. Thread-safe.
class SenderService {
 public:
  // `hosts`: where a base URL may lead to; see allowed_hosts.h.
  SenderService(db::Database& database, const SecretSources& secrets, SenderDirectory& directory,
                const Clock& clock, AllowedHosts hosts = {})
      : database_(database),
        secrets_(secrets),
        directory_(directory),
        clock_(clock),
        hosts_(std::move(hosts)) {}

  // Throws Error(invalidInput) naming every mistake, Error(conflict) when the number is known.
  Sender create(const SenderInput& input, const Actor& actor);
  // Error(notFound), or Error(conflict) when `version` is not the row's any more. The channel
  // stays.
  Sender edit(SenderId id, std::int64_t version, SenderInput input, const Actor& actor);
  Sender get(SenderId id) const;  // Error(notFound)

 private:
  void check(const SenderInput& input) const;

  db::Database& database_;
  const SecretSources& secrets_;
  SenderDirectory& directory_;
  const Clock& clock_;
  AllowedHosts hosts_;
};

}  // namespace clipcourier::senders
