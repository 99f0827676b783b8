#pragma once

#include <string>

#include "base/error.h"
#include "transcoder/job.h"
#include "transcoder/report.h"
#include "videos/failure.h"

// What the transcoder says, in our words.
namespace clipcourier::videos {

Failure toFailure(const transcoder::Refusal& refusal);
Words toWords(const transcoder::Words& words);

// Canonical JSON that a database takes: names and tags of a source may hold broken UTF-8.
std::string safeJson(const transcoder::Probe& probe);

// Throws the error again; as one not worth another try when it is of the kind that repeats itself
// and was tried often enough: twice, and what was killed from outside five times.
[[noreturn]] void rethrowWithinReason(const Error& error, int attempt);

}  // namespace clipcourier::videos
