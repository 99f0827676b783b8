#include "videos/transcoder_errors.h"

#include <nlohmann/json.hpp>

namespace clipcourier::videos {

Failure toFailure(const transcoder::Refusal& refusal) {
  Failure failure{refusal.code, toWords(refusal.what), toWords(refusal.hint), {}};
  for (const transcoder::Choice& choice : refusal.choices)
    failure.choices.push_back({choice.code, toWords(choice.words), choice.value});
  return failure;
}

Words toWords(const transcoder::Words& words) { return {words.de, words.en}; }

std::string safeJson(const transcoder::Probe& probe) {
  return nlohmann::json(probe).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void rethrowWithinReason(const Error& error, int attempt) {
  // Most often the memory ran out for what others did, and that passes.
  const int tries = error.code() == "transcoder.killed" ? 5 : 2;
  if (attempt >= tries && repeatsItself(error.code()))
    throw Error(ErrorKind::refused, error.what(), error.hint(), error.code());
  throw error;
}

}  // namespace clipcourier::videos
