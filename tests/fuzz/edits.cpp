#include "transcoder/edits.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fuzz/input.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

FUZZ(input) {
  const auto json = nlohmann::json::parse(input, nullptr, false);
  if (json.is_discarded()) return;
  try {
    const Edits edits = parseEdits(json);
    require(canonical(edits) == edits);
    require(parseEdits(nlohmann::json(edits)) == edits);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalidInput && !error.details().empty());
  }
}
