#pragma once

#include <pthread.h>

#include <string>

namespace clipcourier {

// Names the calling thread, as `top -H` and debuggers show it: what takes the processor's time
// should be seen on a running service. The kernel keeps 15 characters.
inline void nameThread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace clipcourier
