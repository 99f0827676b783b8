#pragma once

#include <cstdint>
#include <string>

#include "http/reply.h"

// How an answer begins on the wire.
namespace clipcourier::http {

// Pages set their own policy; an API answer is never shown, framed or kept, and nothing is for
// search engines. `https`: the browser is told to come back that way only.
void addSecurityHeaders(Reply& reply, bool https);

bool hasNoBody(int status);
std::uint64_t sizeOf(const Reply& reply);  // 0 for a stream

std::string headOf(const Reply& reply, bool keepAlive, bool chunked);

}  // namespace clipcourier::http
