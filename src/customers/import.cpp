#include "customers/import.h"

namespace clipcourier::customers {

std::string_view name(ImportState state) {
  switch (state) {
    case ImportState::waiting: return "waiting";
    case ImportState::running: return "running";
    case ImportState::done: return "done";
    case ImportState::failed: return "failed";
  }
  return "failed";
}

std::optional<ImportState> importState(std::string_view text) {
  for (const auto state :
       {ImportState::waiting, ImportState::running, ImportState::done, ImportState::failed})
    if (name(state) == text) return state;
  return std::nullopt;
}

ImportCounts& ImportCounts::operator+=(const ImportCounts& more) {
  created += more.created;
  updated += more.updated;
  unchanged += more.unchanged;
  consentsGiven += more.consentsGiven;
  keptWithdrawn += more.keptWithdrawn;
  unproven += more.unproven;
  badLines += more.badLines;
  return *this;
}

}  // namespace clipcourier::customers
