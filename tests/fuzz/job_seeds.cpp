// Writes one seed of the target `job` for each kind of line into the folder it is given.

#include <fstream>
#include <string>
#include <utility>

#include "transcoder/job.h"

using namespace clipcourier::transcoder;

namespace {

template <std::size_t... Kind>
void writeAnswers(const std::string& folder, std::index_sequence<Kind...>) {
  const auto write = [&](std::size_t kind, const Answer& answer) {
    std::ofstream(folder + "/answer" + std::to_string(kind)) << toLine(answer);
  };
  (write(Kind, Answer(std::in_place_index<Kind>)), ...);
}

}  // namespace

int main(int, char** argv) {
  const std::string folder = argv[1];
  writeAnswers(folder, std::make_index_sequence<std::variant_size_v<Answer>>());
  std::ofstream(folder + "/probe") << toLine(Request{});
  Work work;
  work.edits.fit = Edits::Fit{"1:1"};
  for (const auto& [name, profile] : builtInProfiles()) work.renditions.push_back({profile, 4});
  work.renditions.resize(2);
  work.pictures.candidates = {5, 6};
  work.posterAtMs = 1000;
  std::ofstream(folder + "/work") << toLine(Request{work});
}
