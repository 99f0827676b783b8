#pragma once

#include <functional>
#include <memory>
#include <string>

#include "transcoder/edits.h"

namespace clipcourier::transcoder {

// The command line's words for edits.
class EditOptions {
 public:
  EditOptions();
  ~EditOptions();
  EditOptions(EditOptions&&) noexcept;

  static const char* help();

  // Whether `word` is one of ours; `value` takes the next word. Throws Error(invalidInput).
  bool take(const std::string& word, const std::function<const std::string&()>& value);

  Edits edits() const;                      // throws like parseEdits
  const std::string& captionsFile() const;  // "" when there is none, as below
  const std::string& logoFile() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipcourier::transcoder
