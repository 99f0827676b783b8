#include "transcoder/process.h"

#include <signal.h>
#include <sys/wait.h>

#include <optional>
#include <type_traits>

#include "transcoder/child_process.h"
#include "transcoder/job.h"

namespace clipcourier::transcoder {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTick{50};
constexpr std::size_t kKeptLog = 2'000;

[[noreturn]] void unavailable(const std::string& code, const std::string& what) {
  throw Error(ErrorKind::unavailable, "the transcoder " + what,
              "Try again; if it happens again, try a smaller or shorter video.",
              "transcoder." + code);
}

// Talks with one worker until it has answered and is gone.
class Conversation {
 public:
  Conversation(const ChildOptions& options, std::chrono::seconds wall, const OnProgress& onProgress,
               const Cancelled& cancelled)
      : child_(options),
        deadline_(SteadyClock::now() + wall),
        onProgress_(onProgress),
        cancelled_(cancelled) {}

  template <class Wanted>
  Wanted run() {
    while (child_.read(out_, log_, kTick)) {
      takeLines();
      if (log_.size() > 2 * kKeptLog) log_.erase(0, log_.size() - kKeptLog);
      stopWhenAsked();
    }
    takeLines();
    const int status = child_.wait();
    throwOnFailure(status);
    if (auto* wanted = answer_ ? std::get_if<Wanted>(&*answer_) : nullptr) return *wanted;
    throw Error(ErrorKind::internal, "the transcoder ended without an answer", {},
                "transcoder.protocol");
  }

 private:
  void takeLines() {
    std::size_t begin = 0;
    for (std::size_t end; (end = out_.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(parseAnswer(out_.substr(begin, end - begin)));
    out_.erase(0, begin);
    if (out_.size() > kMaxLineBytes)
      throw Error(ErrorKind::internal, "the transcoder wrote an endless line", {},
                  "transcoder.protocol");
  }

  void take(Answer answer) {
    if (const auto* progress = std::get_if<Progress>(&answer)) {
      if (onProgress_) onProgress_(*progress);
    } else {
      answer_ = std::move(answer);
    }
  }

  void stopWhenAsked() {
    if (cancelled_ && cancelled_()) unavailable("cancelled", "was cancelled");
    if (SteadyClock::now() > deadline_) unavailable("timeout", "took longer than its limit");
  }

  void throwOnFailure(int status) {
    if (WIFSIGNALED(status)) throwOnSignal(WTERMSIG(status));
    if (answer_) {
      if (const auto* refusal = std::get_if<Refusal>(&*answer_)) throw RefusedInput(*refusal);
      if (const auto* failure = std::get_if<Failure>(&*answer_)) throwOn(*failure);
    }
    if (WEXITSTATUS(status) == kExitDone) return;
    throw Error(ErrorKind::internal,
                "the transcoder ended with code " + std::to_string(WEXITSTATUS(status)) + ": " +
                    log_.substr(log_.size() > kKeptLog ? log_.size() - kKeptLog : 0),
                {}, "transcoder.failed");
  }

  [[noreturn]] void throwOnSignal(int signal) {
    switch (signal) {
      case SIGXCPU: unavailable("cpu", "used more CPU time than its limit");
      case SIGXFSZ: unavailable("output_size", "wrote more than its limit");
      case SIGKILL: unavailable("killed", "was killed, perhaps for lack of memory");
      case SIGSYS:
        throw Error(ErrorKind::internal, "the transcoder tried what its sandbox forbids",
                    "Keep the file: it may be an attack, or shows a defect.",
                    "transcoder.forbidden");
      default: break;
    }
    throw Error(ErrorKind::internal, "the transcoder crashed with signal " + std::to_string(signal),
                "Keep the file: it shows a defect.", "transcoder.crashed");
  }

  [[noreturn]] void throwOn(const Failure& failure) {
    if (failure.code == "memory") unavailable("memory", "needed more memory than its limit");
    if (failure.code == "output") unavailable("output_size", "could not write: " + failure.what);
    throw Error(ErrorKind::internal, "the transcoder failed: " + failure.what, {},
                "transcoder.failed");
  }

  ChildProcess child_;
  SteadyClock::time_point deadline_;
  const OnProgress& onProgress_;
  const Cancelled& cancelled_;
  std::string out_, log_;
  std::optional<Answer> answer_;
};

ChildOptions options(const std::filesystem::path& program, const Limits& limits,
                     const Request& request, std::vector<int> handed) {
  ChildOptions child;
  child.program = program;
  child.arguments = {"--job"};
  child.input = toLine(request) + "\n";
  if (child.input.size() > kMaxRequestBytes)
    throw Error(ErrorKind::internal, "the request for the transcoder is too long");
  child.handed = std::move(handed);
  child.memory = limits.memory;
  child.output = limits.output;
  child.cpu = limits.cpu;
  return child;
}

}  // namespace

RefusedInput::RefusedInput(Refusal refusal)
    : Error(ErrorKind::refused, refusal.what.en, refusal.hint.en, refusal.code),
      refusal_(std::move(refusal)) {}

Process::Process(std::filesystem::path program, Limits limits)
    : program_(std::move(program)), limits_(limits) {}

std::filesystem::path Process::besideThisProgram() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "clipcourier-transcoder";
}

Probe Process::probe(int source, const Cancelled& cancelled) const {
  const OnProgress nobody;
  return Conversation(options(program_, limits_, {}, {source}), limits_.wall, nobody, cancelled)
      .run<Probe>();
}

Report Process::transcode(int source, const Profile& profile, const Outputs& outputs,
                          const OnProgress& onProgress, const Cancelled& cancelled) const {
  const Request request{profile};
  const std::vector<int> handed{source, outputs.clip, outputs.poster, outputs.thumbnail};
  return Conversation(options(program_, limits_, request, handed), limits_.wall, onProgress,
                      cancelled)
      .run<Report>();
}

}  // namespace clipcourier::transcoder
