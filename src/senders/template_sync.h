#pragma once

#include <functional>

#include "db/database.h"
#include "net/http_engine.h"
#include "senders/sender.h"
#include "senders/sender_directory.h"
#include "senders/template_repository.h"
#include "users/audit_log.h"

namespace clipcourier::senders {

struct TemplateSyncResult {
  int added = 0, changed = 0, unchanged = 0, missing = 0;
};

// Brings the rows of a sender's templates to what its provider lists. Borrows its arguments.
// Thread-safe: two syncs of one sender at once end in the state of the later list.
class TemplateSync {
 public:
  // Called in the transaction that changed a template that was or is usable.
  using Changed = std::function<void(db::Transaction&, const SenderTemplate&, TimePoint now)>;
  TemplateSync(db::Database& database, net::HttpEngine& http, SenderDirectory& directory,
               const Clock& clock, Changed changed = {})
      : database_(database),
        http_(http),
        directory_(directory),
        clock_(clock),
        changed_(std::move(changed)) {}

  // Waits for the provider. Throws Error: unavailable when another try may help, refused when the
  // provider says no; then nothing has changed. A template that is not listed any more is marked,
  // not deleted: campaigns name it.
  TemplateSyncResult run(SenderId sender, const Actor& actor);

 private:
  TemplateRepository::Change put(db::Transaction& tx, SenderId sender,
                                 const channels::Template& listed, TimePoint now) const;
  db::Database& database_;
  net::HttpEngine& http_;
  SenderDirectory& directory_;
  const Clock& clock_;
  Changed changed_;
};

}  // namespace clipcourier::senders
