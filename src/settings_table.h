#pragma once

#include <functional>
#include <string>
#include <vector>

#include "settings.h"

namespace clipcourier {

// One setting, bound to its place in a Settings.
struct SettingEntry {
  std::string key;
  std::string allowed;                            // what may stand there, for people
  std::function<bool(const std::string&)> parse;  // false: not allowed, nothing changed
  std::function<std::string()> text;              // the value as it is written
};

// The one list of all settings; the entries write into `settings`, which must outlive them.
std::vector<SettingEntry> settingsTable(Settings& settings);

}  // namespace clipcourier
