#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "db/connection.h"

namespace clipcourier::db {

// A database.url names its engine first: "sqlite:PATH", "postgresql://..." or "postgres://...".

Engine engineOf(const Secret& url);  // throws Error(invalidInput) for anything else
std::optional<std::string> sqliteFile(const Secret& url);  // the path; none for PostgreSQL

}  // namespace clipcourier::db
