#pragma once

#include <string>
#include <string_view>

#include "db/connection.h"

namespace clipcourier::db {

// Lets one statement work on many rows, given as JSON in one parameter, on both engines.
//
//   {ids $1}                             a set of numbers for IN:    WHERE id IN {ids $1}
//   {texts $1}                           a set of texts for IN:      WHERE name IN {texts $1}
//   {rows $1 id bigint, reason text}     a table for FROM, named x:  FROM {rows $1 ...} WHERE id =
//   x.id
//
// The parameter of ids is "[1, 2, 3]", that of texts "["a", "b"]", that of rows "[{"id": 1,
// "reason": null}, ...]".
std::string forBatch(std::string_view sql, Engine engine);

}  // namespace clipcourier::db
