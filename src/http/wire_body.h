#pragma once

#include <atomic>
#include <span>

#include "http/body.h"
#include "http/connection.h"
#include "http/head.h"
#include "http/settings.h"

namespace clipcourier::http {

// The body of a request as it comes over a connection: plain by Content-Length, or in chunks.
class WireBody : public Body {
 public:
  // Borrows all. Sends "100 Continue" with the first read when the head asks for it.
  WireBody(Connection& connection, const Head& head, const ListenerSettings& settings);
  ~WireBody() override;
  WireBody(const WireBody&) = delete;

  std::size_t read(char* to, std::size_t size) override;
  std::optional<std::uint64_t> expectedSize() const override;

  // More than this is Error(tooLarge), also when it comes in chunks.
  void limit(std::uint64_t bytes) { limit_ = bytes; }
  // Lets only `most` bodies at a time wait for their callers, counted in `waiting`; the next is
  // Error(unavailable). For callers nobody knows: they must not be able to hold every thread.
  void limitWaiting(std::atomic<int>& waiting, int most);
  // Whether the next request follows in the connection; takes what is left if it is already here.
  bool finish();

 private:
  std::size_t readPlain(std::span<char> to);
  std::size_t readChunked(std::span<char> to);
  void beginChunk();
  void readTrailers();
  std::string readLine();
  std::size_t take(std::span<char> to);  // waits; throws when the input ends
  std::size_t receiveSome(std::span<char> to);
  void checkPace() const;
  void sayContinue();
  void wait();
  [[noreturn]] void truncated();

  Connection& connection_;
  const ListenerSettings& settings_;
  const bool chunked_;
  const std::uint64_t length_;  // of a plain body
  std::uint64_t left_;          // of the plain body or the current chunk
  std::uint64_t limit_ = UINT64_MAX;
  std::uint64_t received_ = 0;
  bool insideChunk_ = false;
  bool ended_ = false;
  bool failed_ = false;
  bool owesContinue_;
  std::atomic<int>* waiting_ = nullptr;
  int mostWaiting_ = 0;
  bool counted_ = false;
  SteadyTime began_ = std::chrono::steady_clock::now();
};

}  // namespace clipcourier::http
