#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/words.h"

namespace clipcourier::videos {

// A way out that a person can take.
struct Choice {
  std::string code;        // stable: "choice.trim"
  Words words;             // "Auf 45 s kürzen"
  std::int64_t value = 0;  // what the code needs: milliseconds that may stay
  friend bool operator==(const Choice&, const Choice&) = default;
};

// Why a video or clip failed or was refused, for the person who uploaded it.
struct Failure {
  std::string code;  // stable: "input.no_video", "transcoder.timeout"
  Words what;        // one sentence
  Words hint;        // what to do
  std::vector<Choice> choices = {};
  friend bool operator==(const Failure&, const Failure&) = default;
};

// The sentences for the code of an Error or of a job that was given up; codes nobody wrote
// sentences for get those for a defect.
Failure failureFor(const std::string& code);

// Whether the same bytes under the same limits would fail again, once a second try has failed, too.
bool repeatsItself(const std::string& code);

void to_json(nlohmann::json& json, const Choice& choice);
void from_json(const nlohmann::json& json, Choice& choice);
void to_json(nlohmann::json& json, const Failure& failure);
void from_json(const nlohmann::json& json, Failure& failure);

}  // namespace clipcourier::videos
