#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "channels/channel.h"
#include "channels/whatsapp/json.h"

// Private to this folder: what every call to the Graph API has in common.
namespace clipcourier::channels::whatsapp {

// base/version/path segments, each percent-encoded. Throws Error(invalidInput) without a base URL.
std::string graphUrl(const Account& account, std::initializer_list<std::string_view> path);
net::HttpRequest graphRequest(const Account& account, std::string method, std::string url);

// An error the provider put in the answer's body.
struct GraphError {
  int code = 0;
  const ErrorInfo* info = nullptr;  // never null
  Millis after{0};                  // what the answer asks for, else the entry's delay
  Millis asked{0};                  // what the answer asks for; 0: nothing
  std::string reason;               // for operators; digits that may be a phone number are masked
};
// None when the body holds no Graph error object.
std::optional<GraphError> graphError(const net::HttpResponse& response, const Json& body);

// What an answer means that holds neither a result nor a Graph error.
struct Unreadable {
  bool surelyRefused = false;  // answered before anything was done: 3xx and most of 4xx
  Millis after{0};
  Millis asked{0};  // by Retry-After; 0: nothing
  std::string reason;
};
Unreadable unreadable(const net::HttpResponse& response);

}  // namespace clipcourier::channels::whatsapp
