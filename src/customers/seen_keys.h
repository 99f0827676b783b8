#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace clipcourier::customers {

// Remembers in which line of a file a key stood first: 16 bytes for each, so that a million lines
// fit. Keys are told apart by 64 bits of hash; two of ten million meet by chance once in 400,000
// files, and then one line is reported as a duplicate. One thread.
class SeenKeys {
 public:
  SeenKeys() : slots_(1024) {}

  std::int64_t lineOf(std::string_view key) const {
    return slots_[slotOf(hash(key))].line;
  }  // or 0

  // Keeps the line that was there before.
  void add(std::string_view key, std::int64_t line) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slotOf(hash(key))];
    if (slot.line != 0) return;
    slot = {hash(key), line};
    ++used_;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::int64_t line = 0;  // 0: empty
  };

  static std::uint64_t hash(std::string_view key) { return std::hash<std::string_view>{}(key); }

  std::size_t slotOf(std::uint64_t hash) const {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].line != 0 && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.line != 0) slots_[slotOf(slot.hash)] = slot;
  }

  std::vector<Slot> slots_;  // always a power of two
  std::size_t used_ = 0;
};

}  // namespace clipcourier::customers
