#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace clipcourier {

struct RawReply {
  int status = 0;
  std::string head;  // with the status line, ends with the empty line
  std::string body;  // chunks already joined
  // Value of a header; "" when there is none.
  std::string header(std::string_view name) const;
};

// Speaks bytes to a server on 127.0.0.1, also wrong ones. Every wait ends after ten seconds with a
// std::runtime_error.
class RawClient {
 public:
  explicit RawClient(int port, const std::string& from = "127.0.0.1");  // an address to come from
  void send(std::string_view bytes);         // ignores a connection that was closed meanwhile
  void endSending();                         // half close
  RawReply reply(bool withoutBody = false);  // the next one on this connection
  std::string rest();                        // everything until the server closes
  bool closedByServer();                     // waits for it
  int fd() const { return fd_.get(); }

 private:
  bool receiveMore();
  UniqueFd fd_;
  std::string in_;
};

// One request on a connection of its own.
RawReply call(int port, const std::string& request);
// "POST", "/x", "{}" as a request with Host, Content-Length, JSON type and these headers.
std::string request(const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::vector<std::string>& headers = {});

}  // namespace clipcourier
