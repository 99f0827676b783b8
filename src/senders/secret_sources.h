#pragma once

#include <string>

#include "base/secret.h"

namespace clipcourier::senders {

// Reads secrets from where a sender's settings point to. Whoever may edit a sender must not get at
// other secrets by naming them there and a server of his own as base URL, so:
//
//   env:NAME   only variables whose name begins with CLIPCOURIER_SENDER_
//   file:NAME  only files in the one folder of the settings, by name or by full path
//
// Thread-safe. Nothing is kept: a changed file counts at the next reading.
class SecretSources {
 public:
  explicit SecretSources(std::string folder) : folder_(std::move(folder)) {}

  // Without white space at the ends. Throws Error(invalidInput) for a source that is not allowed,
  // Error(unavailable) with a hint when there is nothing there; never with the secret in it.
  Secret read(const std::string& source) const;
  // Throws Error(invalidInput) as read() does, but does not look whether it is there.
  void check(const std::string& source) const;

 private:
  std::string pathOf(const std::string& source) const;
  std::string folder_;
};

}  // namespace clipcourier::senders
