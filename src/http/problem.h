#pragma once

#include <exception>
#include <string>

#include "base/error.h"
#include "http/reply.h"

namespace clipcourier::http {

int statusOf(ErrorKind kind);
std::string_view reasonPhrase(int status);

// RFC 9457: type is the error's code, title what happened, detail what to do, errors its details.
Reply problem(const Error& error, const std::string& requestId);
// Any exception: an Error as above, everything else as 500 without its words.
Reply problemOf(const std::exception& error, const std::string& requestId);

}  // namespace clipcourier::http
