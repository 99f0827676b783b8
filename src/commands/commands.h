#pragma once

#include <string>
#include <string_view>
#include <vector>

// The commands of the program, one file each. A command gets what stands behind its name, prints
// its result on standard output and returns the exit code; it throws Error or UsageError.
namespace clipcourier::commands {

using Arguments = std::vector<std::string>;

int serve(const Arguments& arguments);
int migrate(const Arguments& arguments);
int token(const Arguments& arguments);
int import(const Arguments& arguments);
int consent(const Arguments& arguments);
int counters(const Arguments& arguments);
int media(const Arguments& arguments);
int check(const Arguments& arguments);

struct Command {
  std::string_view name, summary;
  int (*run)(const Arguments& arguments);
};
const std::vector<Command>& all();

}  // namespace clipcourier::commands
