#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipcourier::users {

// What a token may do. A small fixed list: a role is a set of these. Each has one written form,
// "videos:read", used in tokens, the API description and the command line.
enum class Scope {
  videosRead,
  videosWrite,
  customersRead,
  customersWrite,
  sendersRead,
  sendersWrite,
  campaignsRead,
  campaignsWrite,
  campaignsLaunch,
  messagesRead,
  messagesWrite,
  operations,  // see and steer the send queue: pause, resume, holds
  audit,       // read the audit log
  tokens,      // make and revoke tokens
};

std::string_view name(Scope scope);
std::optional<Scope> scopeNamed(std::string_view name);
const std::vector<Scope>& allScopes();

// A set of scopes.
class Scopes {
 public:
  Scopes() = default;
  Scopes(std::initializer_list<Scope> scopes) {
    for (Scope scope : scopes) add(scope);
  }
  static Scopes all();
  // "videos:read campaigns:launch", or "*" for all. Throws Error(invalidInput) that names the
  // unknown scope and lists those there are.
  static Scopes parse(std::string_view text);

  void add(Scope scope) { bits_ |= bit(scope); }
  void add(Scopes more) { bits_ |= more.bits_; }
  bool has(Scope scope) const { return bits_ & bit(scope); }
  bool empty() const { return bits_ == 0; }
  std::vector<std::string> names() const;
  std::string toString() const;  // names separated by one blank, as parse() takes them
  friend bool operator==(const Scopes&, const Scopes&) = default;

 private:
  static std::uint32_t bit(Scope scope) { return 1u << static_cast<unsigned>(scope); }
  std::uint32_t bits_ = 0;
};

}  // namespace clipcourier::users
