#pragma once

#include <string>
#include <string_view>

namespace clipcourier::customers {

// What is wrong with a value, and what to do, for people who read German or English. Never holds
// the value itself.
struct ProblemText {
  const char* code;
  const char* en;
  const char* de;
};

// Every code that the checks of this module give has its text; an unknown code is a defect and
// gives a general sentence.
const ProblemText& problemText(std::string_view code);

}  // namespace clipcourier::customers
