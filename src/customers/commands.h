#pragma once

#include <ostream>
#include <string>

#include "base/crypto.h"
#include "customers/import_service.h"
#include "users/audit_log.h"

// What the command line does with customers: `clipcourier import` and `clipcourier consent verify`.
// They return the exit code: 0, or 2 when something was refused or does not hold. Errors are
// thrown.
namespace clipcourier::customers {

struct ImportCommand {
  std::string file;
  bool dryRun = false;
  std::string language = "en";  // of the sentences: de or en
};

// Imports the file here and now, prints the counts and at most ten thousand problems.
int runImport(db::Database& database, const ImportService& imports, const users::AuditLog& audit,
              const ImportCommand& command, std::ostream& out);

int runConsentVerify(db::Database& database, const crypto::KeyRing& keys, std::ostream& out);

}  // namespace clipcourier::customers
