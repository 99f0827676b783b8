#include "transcoder/profile.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fuzz/input.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

FUZZ(input) {
  try {
    const Profile profile = parseProfile("fuzzed", input);
    require(nlohmann::json(profile).get<Profile>() == profile);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalidInput && !error.details().empty());
  }
}
