#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace clipcourier::transcoder {

// From one thread to another, in order, holding no more than it may: the writer waits for the
// reader. Either side can give up, and then neither waits any more.
template <class Item>
class BoundedQueue {
 public:
  // One item always has room, however large it is.
  BoundedQueue(std::size_t maxItems, std::size_t maxBytes)
      : maxItems_(maxItems), maxBytes_(maxBytes) {}

  // Waits for room. False when the queue was abandoned; the item is lost then. `bytes` 0: takes no
  // room and does not wait.
  bool push(Item item, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    const std::size_t size = bytes > 0 ? 1 : 0;
    room_.wait(lock, [&] {
      return abandoned_ || size == 0 || items_ == 0 ||
             (items_ < maxItems_ && bytes_ + bytes <= maxBytes_);
    });
    if (abandoned_) return false;
    queue_.push_back({std::move(item), bytes});
    items_ += size;
    bytes_ += bytes;
    lock.unlock();
    arrived_.notify_one();
    return true;
  }

  // Waits for an item; none when the writer has finished or the queue was abandoned.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return abandoned_ || finished_ || !queue_.empty(); });
    if (abandoned_ || queue_.empty()) return std::nullopt;
    Entry entry = std::move(queue_.front());
    queue_.pop_front();
    items_ -= entry.bytes > 0 ? 1 : 0;
    bytes_ -= entry.bytes;
    lock.unlock();
    room_.notify_one();
    return std::move(entry.item);
  }

  void finish() {  // nothing more comes; what is in it is still read
    set(finished_);
  }
  void abandon() {  // nobody reads or writes it any more
    set(abandoned_);
  }
  bool abandoned() const {
    const std::lock_guard lock(mutex_);
    return abandoned_;
  }

 private:
  struct Entry {
    Item item;
    std::size_t bytes;
  };
  void set(bool& flag) {
    {
      const std::lock_guard lock(mutex_);
      flag = true;
    }
    room_.notify_all();
    arrived_.notify_all();
  }

  const std::size_t maxItems_, maxBytes_;
  mutable std::mutex mutex_;
  std::condition_variable room_, arrived_;
  std::deque<Entry> queue_;
  std::size_t items_ = 0, bytes_ = 0;
  bool finished_ = false, abandoned_ = false;
};

}  // namespace clipcourier::transcoder
