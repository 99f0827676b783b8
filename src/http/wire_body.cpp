#include "http/wire_body.h"

#include <poll.h>

#include <algorithm>
#include <charconv>

#include "http/http_error.h"

namespace clipcourier::http {
namespace {

constexpr std::size_t kMaxChunkLine = 1'024;
constexpr std::size_t kMaxTrailers = 8'192;
constexpr std::size_t kReadSize = 4'096;

[[noreturn]] void badChunk(const std::string& what) {
  throw Error(ErrorKind::invalidInput, "the chunked body is malformed: " + what,
              "Send chunks as RFC 9112 section 7.1 describes them.", "request.bad_chunk");
}

[[noreturn]] void tooSlow() {
  throw HttpError(408, "the body came too slowly", "Send it faster, or in smaller parts.",
                  "request.too_slow");
}

}  // namespace

WireBody::WireBody(Connection& connection, const Head& head, const ListenerSettings& settings)
    : connection_(connection),
      settings_(settings),
      chunked_(head.chunked),
      length_(head.contentLength.value_or(0)),
      left_(chunked_ ? 0 : length_),
      ended_(!chunked_ && length_ == 0),
      owesContinue_(head.expectsContinue && !ended_) {}

std::optional<std::uint64_t> WireBody::expectedSize() const {
  if (chunked_) return std::nullopt;
  return length_;
}

std::size_t WireBody::read(char* to, std::size_t size) {
  if (failed_) truncated();
  if (ended_) return 0;
  try {
    const std::size_t count = chunked_ ? readChunked({to, size}) : readPlain({to, size});
    received_ += count;
    if (received_ > limit_) {
      throw Error(ErrorKind::tooLarge, "the body is larger than " + toString(ByteSize{limit_}),
                  "Send at most " + std::to_string(limit_) + " bytes.", "request.too_large");
    }
    return count;
  } catch (...) {
    failed_ = true;
    throw;
  }
}

std::size_t WireBody::readPlain(std::span<char> to) {
  const std::size_t count = take(to.first(std::min<std::uint64_t>(to.size(), left_)));
  left_ -= count;
  ended_ = left_ == 0;
  return count;
}

std::size_t WireBody::readChunked(std::span<char> to) {
  if (left_ == 0) {
    beginChunk();
    if (ended_) return 0;
  }
  const std::size_t count = take(to.first(std::min<std::uint64_t>(to.size(), left_)));
  left_ -= count;
  return count;
}

void WireBody::beginChunk() {
  if (insideChunk_ && !readLine().empty()) badChunk("a chunk is longer than its size");
  const std::string line = readLine();
  const std::string digits = line.substr(0, line.find_first_of("; \t"));
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || digits.size() > 15 || error != std::errc{} || stop != end) {
    badChunk("a chunk has no size");
  }
  insideChunk_ = true;
  if (left_ > 0) return;
  readTrailers();
  ended_ = true;
}

void WireBody::readTrailers() {
  std::size_t size = 0;
  for (std::string line = readLine(); !line.empty(); line = readLine()) {
    size += line.size() + 2;
    if (size > kMaxTrailers) badChunk("the trailers are too large");
  }
}

std::string WireBody::readLine() {
  std::string line;
  for (;;) {
    char c = 0;
    take({&c, 1});
    if (c == '\n') {
      if (line.empty() || line.back() != '\r') badChunk("a line ends without carriage return");
      line.pop_back();
      return line;
    }
    if (!line.empty() && line.back() == '\r') badChunk("a carriage return stands alone");
    if (line.size() == kMaxChunkLine) badChunk("a line is too long");
    line += c;
  }
}

std::size_t WireBody::take(std::span<char> to) {
  // A large piece goes straight where it is wanted; small ones come through the buffer.
  if (connection_.in.empty() && to.size() >= kReadSize) return receiveSome(to);
  if (connection_.in.empty()) {
    char buffer[kReadSize];
    connection_.in.assign(buffer, receiveSome(buffer));
  }
  const std::size_t count = std::min(to.size(), connection_.in.size());
  std::copy_n(connection_.in.data(), count, to.data());
  connection_.in.erase(0, count);
  return count;
}

std::size_t WireBody::receiveSome(std::span<char> to) {
  sayContinue();
  for (;;) {
    checkPace();
    const auto count = receive(connection_, to.data(), to.size());
    if (count && *count > 0) return *count;
    if (count) truncated();
    wait();
  }
}

void WireBody::limitWaiting(std::atomic<int>& waiting, int most) {
  waiting_ = &waiting;
  mostWaiting_ = most;
}

WireBody::~WireBody() {
  if (counted_) --*waiting_;
}

void WireBody::wait() {
  if (waiting_ && !counted_) {
    counted_ = true;
    if (++*waiting_ > mostWaiting_) {
      throw Error(ErrorKind::unavailable, "too many bodies are on their way",
                  "Try again in some seconds.", "busy");
    }
  }
  if (!waitFor(connection_, POLLIN, settings_.transferTimeout)) tooSlow();
}

// A byte now and then must not hold a thread for ever.
void WireBody::checkPace() const {
  const auto allowed =
      settings_.transferTimeout +
      Millis(received_ * 1'000 / std::max<std::uint64_t>(1, settings_.minBodyRate.bytes));
  if (std::chrono::steady_clock::now() - began_ <= allowed) return;
  tooSlow();
}

void WireBody::sayContinue() {
  if (!owesContinue_) return;
  owesContinue_ = false;
  http::sayContinue(connection_);
}

void WireBody::truncated() {
  const std::string expected = chunked_ ? "before its last chunk"
                                        : "after " + std::to_string(length_ - left_) + " of " +
                                              std::to_string(length_) + " bytes";
  throw Error(ErrorKind::invalidInput, "the body ended " + expected,
              "The connection broke; nothing was stored. Send it again.", "request.truncated");
}

bool WireBody::finish() {
  if (failed_) return false;
  if (!ended_ && !chunked_ && left_ <= connection_.in.size()) {
    connection_.in.erase(0, left_);
    ended_ = true;
  }
  return ended_;
}

}  // namespace clipcourier::http
