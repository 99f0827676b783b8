#pragma once

#include <functional>

#include "customers/import_inbox.h"
#include "customers/import_service.h"
#include "jobs/bell.h"
#include "jobs/job_runner.h"
#include "users/audit_log.h"

namespace clipcourier::customers {

inline constexpr const char* kImportJob = "customers.import";

// Files that arrive over the network: stored, looked at, and imported by a job. Thread-safe;
// borrows its arguments.
class ImportJobs {
 public:
  ImportJobs(db::Database& database, const ImportService& imports, const ImportInbox& inbox,
             const users::AuditLog& audit, const Clock& clock, jobs::Bell& bell)
      : database_(database),
        imports_(imports),
        inbox_(inbox),
        audit_(audit),
        clock_(clock),
        bell_(bell) {}

  // Done at the end of the transaction that notes the import.
  using Also = std::function<void(db::Transaction&, const Import&)>;
  // Returns when file and job are durable. Errors as ImportService::inspect().
  Import begin(ByteSource& file, bool dryRun, const Actor& actor, const Also& also = {}) const;

  // Removes the files that arrived `age` ago or earlier and that no import needs: the process was
  // killed between storing one and noting its import.
  void removeAbandoned(Millis age) const;

  // Runs the jobs; for the JobRunner. The file goes when its import is over.
  jobs::Handler handler() const;

 private:
  void run(jobs::JobContext& job) const;

  db::Database& database_;
  const ImportService& imports_;
  const ImportInbox& inbox_;
  const users::AuditLog& audit_;
  const Clock& clock_;
  jobs::Bell& bell_;
};

}  // namespace clipcourier::customers
