#pragma once

#include <string>

#include "base/clock.h"
#include "base/crypto.h"
#include "db/database.h"

namespace clipcourier {

// The service's key: 32 random bytes in a file of its own (mode 0600). Links that were sent, the
// proofs of clips and the ledger of consent hang on it, so a database belongs to one key.
//
// Returns the key that this database was made with. A database that has none yet gets the file's,
// and the file is made, and on disk before this returns, when it is not there. Throws
// Error(refused), saying what to do, when the file is missing, is another key, or can be read by
// other users. The schema must be current.
crypto::KeyRing openServiceKey(const std::string& file, db::Database& database, const Clock& clock);

// A real write, durable when it returns, that changes nothing. Throws Error when the database takes
// none.
void proveWritable(db::Database& database);

}  // namespace clipcourier
