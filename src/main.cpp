#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "commands/commands.h"
#include "commands/options.h"

using namespace clipcourier;

namespace {

constexpr int kFailed = 1, kUsage = 2;

void printHelp(std::ostream& out) {
  out << "Usage: clipcourier COMMAND [OPTIONS]\n\n"
         "Makes small clips of product videos and sends them to the customers who agreed to get "
         "them.\n\n";
  for (const auto& command : commands::all()) {
    std::string name(command.name);
    name.resize(12, ' ');
    out << "  " << name << command.summary << '\n';
  }
  out << "\n'clipcourier COMMAND --help' says more. --version prints the version.\n";
}

void print(const Error& error) {
  std::cerr << "clipcourier: " << error.what() << '\n';
  for (const ErrorDetail& detail : error.details())
    std::cerr << "  " << detail.where << (detail.where.empty() ? "" : ": ") << detail.what << '\n';
  if (!error.hint().empty()) std::cerr << error.hint() << '\n';
}

int run(const commands::Arguments& arguments) {
  const std::string name = arguments.empty() ? "" : arguments.front();
  if (name == "--version") {
    std::cout << "clipcourier " << CLIPCOURIER_VERSION << '\n';
    return 0;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    printHelp(std::cout);
    return 0;
  }
  const auto& all = commands::all();
  const auto command =
      std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.name == name; });
  if (command == all.end()) {
    if (!name.empty()) std::cerr << "clipcourier: there is no command '" << name << "'\n";
    printHelp(std::cerr);
    return kUsage;
  }
  return command->run({arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char* argv[]) {
  ::umask(077);                   // what we write is about customers: for our own user alone
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of its write, not our end
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not grow further: a full disk
  std::signal(SIGCHLD, SIG_DFL);  // who ignored it before us would take our children's exit codes
  try {
    return run({argv + 1, argv + argc});
  } catch (const commands::UsageError& error) {
    std::cerr << "clipcourier: " << error.what << '\n';
    return kUsage;
  } catch (const Error& error) {
    print(error);
  } catch (const std::exception& error) {
    std::cerr << "clipcourier: unexpected: " << error.what() << '\n';
  }
  return kFailed;
}
