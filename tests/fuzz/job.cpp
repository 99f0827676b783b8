// What the worker reads from the service, and the service from a worker that may be taken over.

#include "transcoder/job.h"

#include "base/error.h"
#include "fuzz/input.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

FUZZ(input) {
  try {
    const std::string line = toLine(parseRequest(std::string(input)));
    require(toLine(parseRequest(line)) == line);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalidInput);
  }
  try {
    const std::string line = toLine(parseAnswer(std::string(input)));
    require(toLine(parseAnswer(line)) == line);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::internal);
  }
}
