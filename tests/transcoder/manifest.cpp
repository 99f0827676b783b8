#include "transcoder/manifest.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace clipcourier::transcoder {
namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '\t');) all.push_back(cell);
  return all;
}

}  // namespace

std::filesystem::path corpusFolder() {
  const char* folder = std::getenv("CLIPCOURIER_CORPUS");
  return folder ? folder : "";
}

std::vector<ManifestRow> readManifest() {
  if (corpusFolder().empty()) return {};
  std::ifstream in(corpusFolder() / "MANIFEST.tsv");
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> names = cells(line);
  std::vector<ManifestRow> rows;
  while (std::getline(in, line)) {
    std::map<std::string, std::string> row;
    const auto values = cells(line);
    for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) row[names[i]] = values[i];
    ManifestRow made;
    made.file = row["file"];
    made.accepted = row["expected"] == "accept";
    made.either = row["note"].find("EITHER") != std::string::npos;
    std::sscanf(row["wxh_display"].c_str(), "%dx%d", &made.width, &made.height);
    made.sound = row["audio"] != "none" && !row["audio"].starts_with("unknown");
    made.seconds = std::atof(row["duration_s"].c_str());
    made.full = std::getenv("CLIPCOURIER_CORPUS_FULL") != nullptr;
    rows.push_back(made);
  }
  if (rows.empty()) throw std::runtime_error("no rows in the corpus' MANIFEST.tsv");
  return rows;
}

}  // namespace clipcourier::transcoder
