#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace clipcourier {

struct ResponderRequest {
  std::string method, target, head, body;             // head: the header lines, CRLF after each
  int connection = 0;                                 // counts accepted connections from 1
  std::string header(const std::string& name) const;  // "" when absent
};

// What the far side does. The default is an ordinary JSON answer on a kept connection.
struct ResponderReply {
  int status = 200;
  std::string body;
  std::string contentType = "application/json";
  std::string extraHeaders;  // "Location: /x\r\n"
  enum class End { keep, close, reset } end = End::keep;
  bool silent = false;  // no answer at all; then `end`
  std::string raw;      // exactly these bytes instead of an answer
};

// A provider on 127.0.0.1 that answers as the test says: HTTP/1.1 on plain sockets, one thread per
// connection. The handler runs on those threads and may block; the destructor closes everything
// and waits for them, so a blocked handler must be let go first.
class HttpResponder {
 public:
  using Handler = std::function<ResponderReply(const ResponderRequest&)>;
  explicit HttpResponder(Handler handler);
  ~HttpResponder();

  std::string url(const std::string& path = "") const;
  int port() const { return port_; }
  int requests() const { return requests_; }
  int connections() const { return accepted_; }

 private:
  void accept();
  void serve(int fd, int number);
  bool answer(int fd, const ResponderReply& reply);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> requests_{0}, accepted_{0};
  std::atomic<bool> closing_{false};
  std::mutex mutex_;  // guards open_ and threads_
  std::vector<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace clipcourier
