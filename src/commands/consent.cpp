#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "customers/commands.h"

namespace clipcourier::commands {

int consent(const Arguments& arguments) {
  Options options(
      "consent verify",
      "Recomputes the chained ledger of consent and checks that what is true now follows "
      "from it.\nExit code 2 when something does not hold.");
  if (!options.parse(arguments, 1, 1)) return 0;
  if (options.words().front() != "verify")
    throw UsageError{"'" + options.words().front() + "': say verify"};
  Opened opened(options);
  return customers::runConsentVerify(opened.database, opened.keys(), std::cout);
}

}  // namespace clipcourier::commands
