#include <iostream>

#include "commands/commands.h"
#include "commands/opened.h"
#include "file_columns.h"
#include "media/folder_store.h"
#include "media/partial_files.h"
#include "videos/media_cleaner.h"

namespace clipcourier::commands {
namespace {

int clean(const Arguments& arguments) {
  Options options(
      "media clean [--dry-run]",
      "Removes stored files that nothing refers to any more: of removed videos, of clips and "
      "pictures that were\nreplaced, of uploads that ended half-way. Files younger than "
      "media.clean_after_hours stay. 'serve' does\nthe same by itself; both may run at once.");
  options.flag("dry-run", "count and report, remove nothing");
  if (!options.parse(arguments)) return 0;
  const bool dry = options.has("dry-run");
  using Cleaner = videos::MediaCleaner;
  using Opening = media::FolderStore::Opening;
  const auto mode = dry ? Cleaner::Mode::dryRun : Cleaner::Mode::remove;

  Opened opened(options);
  media::FolderStore store(opened.settings.mediaFolder, dry ? Opening::asItIs : Opening::tidy);
  media::PartialFiles partials(opened.settings.mediaFolder);
  Cleaner cleaner(opened.database, store, partials, opened.clock, opened.settings.cleanAfter,
                  fileColumns());
  videos::Cleaned stored;
  for (int part = 0; part < Cleaner::kParts; ++part) stored += cleaner.cleanStored(part, mode);
  const videos::Cleaned partial = cleaner.cleanPartial(mode);
  const char* verb = dry ? " to be removed, " : " removed, ";
  std::cout << "stored files" << verb << stored.files << ", " << stored.bytes << " bytes\n"
            << "partial uploads" << verb << partial.files << ", " << partial.bytes << " bytes\n";
  return 0;
}

}  // namespace

int media(const Arguments& arguments) {
  const std::string what = arguments.empty() ? "" : arguments.front();
  if (what == "clean") return clean({arguments.begin() + 1, arguments.end()});
  Options options("media clean ...",
                  "Looks after the stored files. 'clipcourier media clean --help' says more.");
  if (!options.parse(arguments)) return 0;
  throw UsageError{"'" + what + "': say clean"};
}

}  // namespace clipcourier::commands
