#pragma once

#include "alerts/alert.h"
#include "base/words.h"

namespace clipcourier::alerts {

// What happened and what to do, in one or two sentences.
Words wordsOf(const Signal& signal);

}  // namespace clipcourier::alerts
