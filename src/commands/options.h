#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace clipcourier::commands {

// What a command was called with. Throws UsageError for what it does not know.
//
//   Options options("token create --name NAME --scopes SCOPES", "Makes a token and prints it
//   once."); options.value("name", "NAME", "what it is for"); if (!options.parse(arguments)) return
//   0;  // --help was asked and answered
class Options {
 public:
  // Every command has --help and --config FILE.
  Options(std::string usage, std::string about);
  Options& value(const std::string& name, const std::string& placeholder,
                 const std::string& description);
  Options& flag(const std::string& name, const std::string& description);

  // False when help was printed. `least` and `most` bound the words that are no options.
  bool parse(const std::vector<std::string>& arguments, std::size_t least = 0,
             std::size_t most = 0);

  bool has(const std::string& name) const { return given_.count(name) > 0; }
  std::optional<std::string> get(const std::string& name) const;
  std::string require(const std::string& name) const;  // UsageError when it was not given
  std::int64_t requireNumber(const std::string& name) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  struct Known {
    std::string name, placeholder, description;
  };
  void printHelp() const;

  std::string usage_, about_;
  std::vector<Known> known_;
  std::map<std::string, std::string> given_;
  std::vector<std::string> words_;
};

// The command line is wrong; exit code 2.
struct UsageError {
  std::string what;
};

}  // namespace clipcourier::commands
