#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "messages/message_repository.h"
#include "users/audit_log.h"

namespace clipcourier::messages {

using ResolutionId = Id<struct ResolutionTag>;

// What somebody decided about messages whose answer was lost, and how far that is done.
struct Resolution {
  ResolutionId id;
  bool resend = false;  // else they are given up
  UnknownFilter filter;
  std::string state;          // "waiting", "running", "done", "failed"
  std::int64_t total = 0;     // that it was about when it was decided
  std::int64_t seen = 0;      // so far
  std::int64_t resolved = 0;  // of these; the others had moved on by themselves
  std::string createdBy;      // "token:7"; "system" for the policy
  TimePoint createdAt;
  std::optional<TimePoint> finishedAt;
  std::string error;
};

enum class UnknownPolicy { keep, resend, giveUp };

// Resends or gives up unknown messages, any number of them: a job works in short commits and goes
// on where a killed one stopped. Only attempts from before the decision are meant, so that nothing
// is sent again that was sent again already. Borrows its arguments; thread-safe.
class ResolutionService {
 public:
  ResolutionService(db::Database& database, const users::AuditLog& audit, const Clock& clock,
                    jobs::Bell& bell, Millis patience, std::function<void()> wakeDispatcher);

  using Also = std::function<void(db::Transaction&, const Resolution&)>;

  // Of the filter, triedBefore is at most now. `also` belongs to the same commit.
  Resolution begin(bool resend, UnknownFilter filter, const Actor& actor, const Also& also = {});
  Resolution get(ResolutionId id) const;  // throws Error(notFound)
  std::vector<Resolution> list(ResolutionId before, int limit) const;
  // Decides by itself about what was probably never sent; resends a message only once that way.
  void apply(UnknownPolicy policy);
  jobs::Handler handler();

 private:
  void run(jobs::JobContext& context);
  bool chunk(db::Transaction& tx, ResolutionId id);

  db::Database& database_;
  const users::AuditLog& audit_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const Millis patience_;
  const std::function<void()> wakeDispatcher_;
};

}  // namespace clipcourier::messages
