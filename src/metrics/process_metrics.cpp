#include "metrics/process_metrics.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace clipcourier::metrics {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// A line of /proc/self/status: "VmRSS:	  1234 kB".
double statusLine(const std::string& name) {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(name + ':')) continue;
    double value = 0;
    std::istringstream(line.substr(name.size() + 1)) >> value;
    return value;
  }
  return 0;
}

double openDescriptors() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed))
    ++count;
  return count;
}

}  // namespace

void writeProcessMetrics(Exposition& out) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  out.describe("process_cpu_seconds_total", "counter", "Processor time of this process.");
  out.sample(seconds(used.ru_utime) + seconds(used.ru_stime));
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  out.describe("process_children_cpu_seconds_total", "counter",
               "Processor time of transcoders that have ended.");
  out.sample(seconds(children.ru_utime) + seconds(children.ru_stime));
  out.describe("process_resident_memory_bytes", "gauge", "Memory of this process.");
  out.sample(statusLine("VmRSS") * 1024);
  out.describe("process_threads", "gauge", "Threads of this process.");
  out.sample(statusLine("Threads"));
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  out.describe("process_open_fds", "gauge", "Open descriptors.");
  out.sample(openDescriptors());
  out.describe("process_max_fds", "gauge", "Descriptors that may be open.");
  out.sample(static_cast<double>(files.rlim_cur));
}

void writeDiskMetrics(Exposition& out,
                      const std::vector<std::pair<std::string, std::string>>& folders) {
  const auto write = [&](const char* name, const char* help,
                         std::uintmax_t std::filesystem::space_info::*part) {
    out.describe(name, "gauge", help);
    for (const auto& [label, path] : folders) {
      std::error_code failed;
      const auto space = std::filesystem::space(path, failed);
      if (!failed) out.sample({{"folder", label}}, static_cast<double>(space.*part));
    }
  };
  write("disk_free_bytes", "Space that this process may still use.",
        &std::filesystem::space_info::available);
  write("disk_size_bytes", "Size of the disk.", &std::filesystem::space_info::capacity);
}

}  // namespace clipcourier::metrics
