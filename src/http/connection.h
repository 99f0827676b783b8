#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "http/client.h"
#include "http/reply.h"
#include "http/tls.h"

namespace clipcourier::http {

using SteadyTime = std::chrono::steady_clock::time_point;

// What a connection that no thread works on waits for.
enum class Wait {
  handshake,  // for what TLS needs to begin
  request,    // for a whole head, and its body when that is small
  room,       // until the other side takes more of the answer
  goodbye,    // for the other side to close; what it still sends is thrown away, so that it gets to
              // read our answer instead of a reset
  nothing,    // it is over
};

// One accepted socket (non-blocking). Owned by the waiting thread or by one worker, never by both.
struct Connection {
  UniqueFd fd;
  std::unique_ptr<TlsStream> tls;  // null: plain
  Address peer;
  ClientCounts::Ticket place;    // of the peer, as long as it is connected
  ClientCounts::Ticket proxied;  // of whom a trusted proxy speaks for, until it has its answer
  std::string in;                // received and not yet used
  std::string out;               // to be sent, followed by `file`
  std::size_t outSent = 0;
  FileBody file;

  Wait wait = Wait::request;
  SteadyTime deadline;      // of the wait
  std::size_t scanned = 0;  // bytes of `in` in which no head ends
  std::size_t needed = 0;   // bytes of `in` that a worker wants; 0: the head is not whole yet
  bool tooSlow = false;     // it did not get them in time
  bool inputEnded = false;  // the other side sends no more
  bool closeAfterOut = false;
  bool inputUnread = false;  // when closing: more may come that nobody will read
  std::uint64_t discarded = 0;
};

// Non-blocking. None: would have to wait; 0: end or broken.
std::optional<std::size_t> receive(Connection& connection, char* to, std::size_t size);
// Waits until what would have blocked may go on (POLLIN or POLLOUT of a plain one); false after the
// time.
bool waitFor(const Connection& connection, short events, std::chrono::milliseconds atMost);

// Tells a caller who asked (Expect: 100-continue) to go on with the body.
void sayContinue(Connection& connection);
// Takes what was deciphered already, which no poll tells of; false when there is nothing.
bool takePending(Connection& connection);

enum class Flush { done, blocked, broken };
// Sends as much of out and file as the socket takes.
Flush flush(Connection& connection);

}  // namespace clipcourier::http
