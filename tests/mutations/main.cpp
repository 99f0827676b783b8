// Damaged files through the real worker, as the service calls it: see kHelp.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "mutations/mutation.h"
#include "transcoder/child_process.h"
#include "transcoder/process.h"

using namespace clipcourier;
using namespace clipcourier::mutations;
using namespace clipcourier::transcoder;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr const char* kHelp =
    R"(mutations: damaged files through the real worker, which must end each cleanly.

  mutations FOLDER [--count 100] [--seed 1] [--only NUMBER] [--most BYTES] [--threads 1]
            [--cpu-s 20] [--keep FILE]

Mutation NUMBER of a seed of the files of FOLDER is always the same. Each one is probed, every
tenth is made into a clip too. What is not accepted, refused with a reason, or stopped by a limit of
memory or time is printed with its number. Exit code 1 when the worker broke its word: a crash, a
defect of its own, an attempt at what the sandbox forbids, or more time or memory than the limits
allow.
)";

struct Options {
  std::filesystem::path folder;
  int count = 100, only = -1, threads = 1, cpuSeconds = 20;
  std::uint64_t seed = 1;
  std::size_t most = 400'000;
  std::string keep;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      options.folder = word;
      continue;
    }
    const std::string value = ++i < argc ? argv[i] : "";
    if (word == "--count")
      options.count = std::stoi(value);
    else if (word == "--seed")
      options.seed = std::stoull(value);
    else if (word == "--only")
      options.only = std::stoi(value);
    else if (word == "--most")
      options.most = std::stoull(value);
    else if (word == "--threads")
      options.threads = std::stoi(value);
    else if (word == "--cpu-s")
      options.cpuSeconds = std::stoi(value);
    else if (word == "--keep")
      options.keep = value;
    else
      options.folder.clear(), i = argc;
  }
  if (!options.folder.empty()) return options;
  std::cerr << kHelp;
  std::exit(2);
}

Descriptor fileInMemory(const std::string& bytes) {
  Descriptor file(memfd_create("mutation", MFD_CLOEXEC));
  if (file.get() < 0 ||
      ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no file in memory");
  return file;
}

// How the worker may end without a defect of ours.
bool isClean(const std::string& step, const std::string& outcome) {
  if (step == "probe" && outcome == "transcoder.memory") return false;  // looking needs little
  static const std::set<std::string> kEnds{"accepted", "transcoder.memory", "transcoder.cpu",
                                           "transcoder.timeout", "transcoder.output_size"};
  return kEnds.contains(outcome) || outcome.starts_with("input.");
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), files_(filesOf(options.folder, options.most)) {
    limits_.memory = 1_GiB;
    limits_.cpu = std::chrono::seconds(options.cpuSeconds);
    limits_.wall = limits_.cpu * 6;  // others may use the processors too
    if (files_.empty()) throw std::runtime_error("no files in " + options.folder.string());
  }

  int all() {
    const auto begin = SteadyClock::now();
    if (options_.only >= 0) {
      one(options_.only);
    } else {
      std::vector<std::jthread> threads;
      for (int i = 0; i < options_.threads; ++i)
        threads.emplace_back([this] {
          for (int number; (number = next_++) < options_.count;) one(number);
        });
    }
    const std::chrono::duration<double> took = SteadyClock::now() - begin;
    summary(took.count());
    return failed_ ? 1 : 0;
  }

 private:
  void one(int number) {
    const Mutation mutation = mutate(files_, options_.seed, number);
    if (!options_.keep.empty()) std::ofstream(options_.keep, std::ios::binary) << mutation.bytes;
    const Descriptor source = fileInMemory(mutation.bytes);
    const Process process(Process::besideThisProgram(), limits_);
    note(number, mutation, "probe", [&] { process.probe(source.get()); });
    if (number % 10 == 0 || options_.only >= 0)
      note(number, mutation, "clip", [&] { makeClip(process, source.get()); });
  }

  static void makeClip(const Process& process, int source) {
    const Descriptor clip = fileInMemory(""), poster = fileInMemory(""),
                     thumbnail = fileInMemory("");
    Work work;
    work.inputs.source = source;
    work.renditions.push_back({builtInProfiles().at("whatsapp"), clip.get()});
    work.pictures.poster = poster.get();
    work.pictures.thumbnail = thumbnail.get();
    Listener listener;
    listener.refused = [](const RenditionRefused& it) { throw RefusedInput(it.refusal); };
    listener.clip = [](const Report& report) {
      if (report.passed) return;
      std::string claims;
      for (const Claim& claim : report.claims)
        if (!claim.passed) claims += claim.claim + " is " + claim.measured + "; ";
      throw Error(ErrorKind::internal, "not proven: " + claims, "", "not_proven");
    };
    process.transcode(work, listener);
  }

  template <class Work>
  void note(int number, const Mutation& mutation, const std::string& step, Work&& work) {
    const auto begin = SteadyClock::now();
    std::string outcome = "accepted", words;
    try {
      work();
    } catch (const Error& error) {
      outcome = error.code();
      words = error.what();
    }
    const std::chrono::duration<double> took = SteadyClock::now() - begin;
    const bool late = took > limits_.wall + std::chrono::seconds(5);
    const std::scoped_lock lock(mutex_);
    ++outcomes_[step + " " + outcome];
    longest_ = std::max(longest_, took.count());
    if (!late && isClean(step, outcome) && !outcome.starts_with("transcoder.") && options_.only < 0)
      return;
    const bool broken = late || !isClean(step, outcome);
    failed_ += broken;
    std::cout << (broken ? "FAILED " : "note   ") << number << " of seed " << options_.seed << " "
              << step << " " << outcome << " (" << took.count() << " s): " << mutation.file << ": "
              << mutation.how << (words.empty() ? "" : "\n         " + words) << std::endl;
  }

  void summary(double seconds) {
    rusage children{};
    getrusage(RUSAGE_CHILDREN, &children);
    std::cout << "seed " << options_.seed << ", " << files_.size() << " files, " << seconds
              << " s, longest " << longest_ << " s, peak memory " << children.ru_maxrss / 1024
              << " MB\n";
    for (const auto& [outcome, count] : outcomes_)
      std::cout << "  " << count << " " << outcome << '\n';
    // What is mapped beside private data, code above all, comes on top of the limit.
    const auto most = static_cast<long>(limits_.memory.bytes / 1024) + 200 * 1024;
    if (children.ru_maxrss > most) {
      std::cout << "FAILED: more memory than the limit\n";
      ++failed_;
    }
    std::cout << failed_ << " failed" << std::endl;
  }

  const Options options_;
  const std::vector<std::filesystem::path> files_;
  Limits limits_;
  std::atomic<int> next_{0};
  std::mutex mutex_;
  std::map<std::string, int> outcomes_;
  double longest_ = 0;
  int failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  return Run(parse(argc, argv)).all();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
