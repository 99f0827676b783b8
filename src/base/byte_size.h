#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace clipcourier {

struct ByteSize {
  std::uint64_t bytes = 0;
  friend auto operator<=>(const ByteSize&, const ByteSize&) = default;
};

constexpr ByteSize operator""_KB(unsigned long long n) { return {n * 1'000}; }
constexpr ByteSize operator""_MB(unsigned long long n) { return {n * 1'000'000}; }
constexpr ByteSize operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr ByteSize operator""_GiB(unsigned long long n) { return {n << 30}; }

// For people: "15.5 MB", decimal units as providers and phones count them. `point`: ',' in German.
std::string toString(ByteSize size, char point = '.');

}  // namespace clipcourier
