#include "commands/options.h"

#include <Poco/Exception.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <charconv>
#include <iostream>

namespace clipcourier::commands {

using Poco::Util::Option;

Options::Options(std::string usage, std::string about)
    : usage_(std::move(usage)), about_(std::move(about)) {
  value("config", "FILE", "settings file; by default clipcourier.properties of this folder");
  flag("help", "this text");
}

Options& Options::value(const std::string& name, const std::string& placeholder,
                        const std::string& description) {
  known_.push_back({name, placeholder, description});
  return *this;
}

Options& Options::flag(const std::string& name, const std::string& description) {
  return value(name, "", description);
}

bool Options::parse(const std::vector<std::string>& arguments, std::size_t least,
                    std::size_t most) {
  Poco::Util::OptionSet set;
  for (const Known& known : known_) {
    Option option(known.name, known.name == "help" ? "h" : "", known.description, false);
    if (!known.placeholder.empty()) option.argument(known.placeholder, true);
    set.addOption(option);
  }
  Poco::Util::OptionProcessor processor(set);
  processor.setUnixStyle(true);
  try {
    for (const std::string& argument : arguments) {
      std::string name, value;
      if (!processor.process(argument, name, value)) {
        words_.push_back(argument);
      } else if (!name.empty()) {
        given_[name] = value;
      }
    }
    processor.checkRequired();  // throws for a last option without its value
  } catch (const Poco::Exception& wrong) {
    throw UsageError{wrong.displayText() + "\nUsage: clipcourier " + usage_};
  }
  if (has("help")) {
    printHelp();
    return false;
  }
  if (words_.size() < least || words_.size() > most)
    throw UsageError{
        (words_.size() < least ? "something is missing" : "'" + words_[most] + "' is too much") +
        ("\nUsage: clipcourier " + usage_)};
  return true;
}

std::optional<std::string> Options::get(const std::string& name) const {
  const auto found = given_.find(name);
  if (found == given_.end()) return std::nullopt;
  return found->second;
}

std::string Options::require(const std::string& name) const {
  const auto value = get(name);
  if (!value) throw UsageError{"--" + name + " is missing\nUsage: clipcourier " + usage_};
  return *value;
}

std::int64_t Options::requireNumber(const std::string& name) const {
  const std::string text = require(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1)
    throw UsageError{"--" + name + ": '" + text + "' is no positive number"};
  return number;
}

void Options::printHelp() const {
  std::cout << "Usage: clipcourier " << usage_ << "\n\n" << about_ << "\n\n";
  for (const Known& known : known_) {
    std::string left =
        "  --" + known.name + (known.placeholder.empty() ? "" : " " + known.placeholder);
    left.resize(std::max<std::size_t>(left.size() + 2, 26), ' ');
    std::cout << left << known.description << '\n';
  }
}

}  // namespace clipcourier::commands
