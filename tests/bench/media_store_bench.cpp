// Upload into the store against what a person would do by hand, `cp` + `sha256sum` + `sync`, on the
// same disk, interleaved. Usage: bench_media_store FOLDER [MEGABYTES] [ROUNDS]

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "media/folder_store.h"

using namespace clipcourier;
using namespace clipcourier::media;

namespace {

struct FileSource : ByteSource {
  explicit FileSource(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  std::size_t read(char* to, std::size_t size) override {
    const ssize_t count = ::read(fd.get(), to, size);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  UniqueFd fd;
};

void writeRandom(const std::string& path, std::size_t megabytes) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> block(1'000'000 / 8);
  std::ofstream out(path, std::ios::binary);
  for (std::size_t i = 0; i < megabytes; ++i) {
    for (auto& word : block) word = random();
    out.write(reinterpret_cast<const char*>(block.data()), 1'000'000);
  }
}

template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) std::exit(1);
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s FOLDER [MEGABYTES] [ROUNDS]\n", argv[0]), 2;
  const std::string folder = std::filesystem::path(argv[1]) / "media-store-bench";
  const std::size_t megabytes = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  std::filesystem::create_directories(folder);
  const std::string source = folder + "/source", copy = folder + "/copy";
  writeRandom(source, megabytes);
  FolderStore store(folder + "/store");
  std::vector<double> ours, theirs, again;
  for (int i = 0; i < rounds; ++i) {
    StoredFile stored;
    auto put = [&] {
      FileSource bytes(source);
      stored = store.put(bytes, 100_GiB);
    };
    run("sync " + folder);
    ours.push_back(seconds(put));
    again.push_back(seconds(put));
    store.remove(stored.sha256);
    run("sync " + folder);
    theirs.push_back(seconds([&] {
      run("cp " + source + " " + copy + " && sha256sum " + copy + " >/dev/null && sync " + copy);
    }));
    std::filesystem::remove(copy);
  }
  const double mb = static_cast<double>(megabytes);
  std::printf(
      "%zu MB, median of %d: store %.0f MB/s, same bytes again %.0f MB/s, "
      "cp + sha256sum + sync %.0f MB/s\n",
      megabytes, rounds, mb / median(ours), mb / median(again), mb / median(theirs));
  std::filesystem::remove_all(folder);
}
