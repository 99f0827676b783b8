#pragma once

#include <string>
#include <string_view>

#include "db/connection.h"

namespace clipcourier::customers {

// A statement over many rows given as one JSON array: `sql` reads them FROM {rows}, as
// e.value->>'name'. $1 is the array. One statement for a whole chunk is what makes imports fast on
// a server.
std::string overRows(const db::Connection& connection, std::string_view sql);

}  // namespace clipcourier::customers
