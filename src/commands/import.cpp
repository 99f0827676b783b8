#include <filesystem>
#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "customers/commands.h"
#include "users/audit_log.h"

namespace clipcourier::commands {

int import(const Arguments& arguments) {
  Options options(
      "import FILE [--dry-run] [--language de|en]",
      "Imports customers and their consents from a CSV file and reports each bad line. A "
      "consent that was\nwithdrawn is never revived. The same file again changes nothing, "
      "so a broken off import is repeated.\nExit code 2 when lines were not imported.");
  options.flag("dry-run", "count and report, change nothing");
  options.value("language", "de|en", "of the reported problems; en by default");
  if (!options.parse(arguments, 1, 1)) return 0;
  customers::ImportCommand command;
  command.file = std::filesystem::absolute(options.words().front()).string();
  command.dryRun = options.has("dry-run");
  command.language = options.get("language").value_or(command.language);
  if (command.language != "de" && command.language != "en")
    throw UsageError{"--language: say de or en"};

  Opened opened(options);
  const customers::ConsentService consents(opened.keys(), opened.clock);
  customers::ImportSettings settings;
  settings.region = opened.settings.customersRegion;
  const customers::ImportService imports(opened.database, consents, opened.clock, settings);
  const users::AuditLog audit(opened.clock);
  return customers::runImport(opened.database, imports, audit, command, std::cout);
}

}  // namespace clipcourier::commands
