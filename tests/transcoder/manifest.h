#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The corpus of real files that CLIPCOURIER_CORPUS names, by its MANIFEST.tsv.
namespace clipcourier::transcoder {

struct ManifestRow {
  std::string file;
  bool accepted = false;      // what the manifest expects
  bool either = false;        // both outcomes are fine
  int width = 0, height = 0;  // as a person sees it; 0: nothing to see
  double seconds = 0;         // 0: unknown
  bool sound = false;         // it has a track that can be heard
  bool full = false;          // not only an excerpt: CLIPCOURIER_CORPUS_FULL is set
};

// Empty when there is no corpus on this machine. Throws std::runtime_error for one without rows.
std::filesystem::path corpusFolder();
std::vector<ManifestRow> readManifest();

}  // namespace clipcourier::transcoder
