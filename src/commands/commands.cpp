#include "commands/commands.h"

namespace clipcourier::commands {

const std::vector<Command>& all() {
  static const std::vector<Command> commands{
      {"serve", "run the service", serve},
      {"check", "look whether everything is in place, and say how to fix what is not", check},
      {"migrate", "make the database, or bring it up to date", migrate},
      {"token", "make, list and revoke API tokens", token},
      {"import", "import customers from a CSV file", import},
      {"media", "remove stored files that nothing refers to", media},
      {"consent", "verify the ledger of consent", consent},
      {"counters", "compare the counters of campaigns with their messages, and set them right",
       counters},
  };
  return commands;
}

}  // namespace clipcourier::commands
