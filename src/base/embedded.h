#pragma once

namespace clipcourier {

// A text file compiled into the program (cmake/embed.cmake writes the arrays).
struct EmbeddedFile {
  const char* name;
  const char* content;
};

}  // namespace clipcourier
