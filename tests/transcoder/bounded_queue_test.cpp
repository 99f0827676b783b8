#include "transcoder/worker/bounded_queue.h"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/wait_for.h"

using namespace clipcourier;
using clipcourier::transcoder::BoundedQueue;

TEST_CASE("what goes into a queue comes out in its order, and then its end", "[transcoder]") {
  BoundedQueue<int> queue(3, 100);
  std::vector<int> read;
  std::jthread reader([&] {
    while (auto item = queue.pop()) read.push_back(*item);
  });
  for (int i = 0; i < 1'000; ++i) CHECK(queue.push(i, i % 3 ? 10 : 0));
  queue.finish();
  reader.join();
  REQUIRE(read.size() == 1'000);
  for (int i = 0; i < 1'000; ++i) CHECK(read[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a queue holds no more items and bytes than it may, but always one", "[transcoder]") {
  const auto [items, bytes, each, fits] =
      GENERATE(table<std::size_t, std::size_t, std::size_t, int>(
          {{4, 1'000, 10, 4}, {4, 25, 10, 2}, {4, 5, 10, 1}}));
  CAPTURE(items, bytes);
  BoundedQueue<int> queue(items, bytes);
  std::atomic<int> written{0};
  std::jthread writer([&, size = each] {
    while (written < 20 && queue.push(written, size)) ++written;
  });
  const int most = fits;
  CHECK(waitFor([&] { return written == most; }));
  CHECK(queue.pop() == 0);
  CHECK(waitFor([&] { return written == most + 1; }));
  CHECK(written == most + 1);
  queue.abandon();
}

TEST_CASE("an abandoned queue keeps nobody waiting", "[transcoder]") {
  BoundedQueue<int> full(1, 10), empty(1, 10);
  REQUIRE(full.push(1, 10));
  std::atomic<int> ended{0};
  std::jthread writer([&] { ended += full.push(2, 10) ? 10 : 1; });
  std::jthread reader([&] { ended += empty.pop() ? 10 : 1; });
  full.abandon();
  empty.abandon();
  CHECK(waitFor([&] { return ended == 2; }));
  CHECK_FALSE(full.push(3, 0));
  CHECK_FALSE(full.pop());
}
