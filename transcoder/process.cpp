#include "transcoder/process.h"

#include <signal.h>
#include <sys/wait.h>

#include <optional>
#include <set>

#include "transcoder/child_process.h"

namespace clipcourier::transcoder {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTick{50};
constexpr std::size_t kKeptLog = 2'000;
constexpr int kEncoderNiceness = 10;

[[noreturn]] void unavailable(const std::string& code, const std::string& what) {
  throw Error(ErrorKind::unavailable, "the transcoder " + what,
              "Try again; if it happens again, try a smaller or shorter video.",
              "transcoder." + code);
}

[[noreturn]] void brokeProtocol(const std::string& how) {
  throw Error(ErrorKind::internal, "the transcoder " + how, {}, "transcoder.protocol");
}

// Tells the listener what the worker says, and sees to it that everything asked for is answered
// once and nothing else is.
class Answers {
 public:
  Answers(const Work& work, const Listener& listener) : listener_(listener) {
    for (const Rendition& each : work.renditions) open_.insert(each.profile.name);
    usable_ = work.renditions.empty();
    posters_ = work.pictures.anyPoster();
    extras_ = work.pictures.anyExtra();
  }

  // std::visit()ed with what the worker said; true when it was something that was asked for.
  bool operator()(const Progress& it) { return tell(listener_.progress, it); }
  bool operator()(const Posters& it) {
    once(posters_);
    return tell(listener_.posters, it);
  }
  bool operator()(const Extras& it) {
    once(extras_);
    return tell(listener_.extras, it);
  }
  bool operator()(const Report& it) {
    close(it.profile);
    usable_ = true;
    return tell(listener_.clip, it);
  }
  bool operator()(const RenditionRefused& it) {
    close(it.profile);
    return tell(listener_.refused, it);
  }
  bool operator()(const RenditionServed& it) {
    close(it.profile);
    usable_ = true;
    return tell(listener_.served, it);
  }
  bool operator()(const Probe&) { return false; }
  bool operator()(const Refusal&) { return false; }
  bool operator()(const Failure&) { return false; }

  void throwUnlessComplete() const {
    if (!open_.empty()) brokeProtocol("ended without an answer for " + *open_.begin());
    // A source that no profile takes needs no pictures.
    if (usable_ && (posters_ || extras_)) brokeProtocol("ended without all pictures");
  }

 private:
  template <class Value>
  static bool tell(const std::function<void(const Value&)>& listener, const Value& value) {
    if (listener) listener(value);
    return true;
  }
  void close(const std::string& profile) {
    if (open_.erase(profile) == 0) brokeProtocol("answered what nobody asked");
  }
  static void once(bool& waiting) {
    if (!std::exchange(waiting, false)) brokeProtocol("answered what nobody asked");
  }

  const Listener& listener_;
  std::set<std::string> open_;             // profiles not answered yet
  bool posters_ = false, extras_ = false;  // still to come
  bool usable_ = false;                    // not everything was refused
};

// Talks with one worker until it has answered and is gone.
class Conversation {
 public:
  // `take` answers whether an answer was for it; one that was not is the last word.
  Conversation(const ChildOptions& options, std::chrono::seconds wall, const Cancelled& cancelled,
               std::function<bool(const Answer&)> take)
      : child_(options),
        deadline_(SteadyClock::now() + wall),
        cancelled_(cancelled),
        take_(std::move(take)) {}

  // Returns the worker's last word, if there was one. Throws when that is a refusal or a failure.
  std::optional<Answer> run() {
    while (child_.read(out_, log_, kTick)) {
      takeLines();
      if (log_.size() > 2 * kKeptLog) log_.erase(0, log_.size() - kKeptLog);
      stopWhenAsked();
    }
    takeLines();
    throwOnFailure(child_.wait());
    return std::move(last_);
  }

 private:
  void takeLines() {
    std::size_t begin = 0;
    for (std::size_t end; (end = out_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Answer answer = parseAnswer(out_.substr(begin, end - begin));
      if (!take_(answer)) last_ = std::move(answer);
    }
    out_.erase(0, begin);
    if (out_.size() > kMaxLineBytes) brokeProtocol("wrote an endless line");
  }

  void stopWhenAsked() {
    if (cancelled_ && cancelled_()) unavailable("cancelled", "was cancelled");
    if (SteadyClock::now() > deadline_) unavailable("timeout", "took longer than its limit");
  }

  void throwOnFailure(int status) {
    if (WIFSIGNALED(status)) throwOnSignal(WTERMSIG(status));
    if (last_) {
      if (const auto* refusal = std::get_if<Refusal>(&*last_)) throw RefusedInput(*refusal);
      if (const auto* failure = std::get_if<Failure>(&*last_)) throwOn(*failure);
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
      case SIGKILL:
        if (child_.ranOutOfMemory()) unavailable("memory", "needed more memory than its limit");
        unavailable("killed", "was killed, perhaps for lack of memory");
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
    if (failure.code == "full")
      throw Error(ErrorKind::outOfSpace, "the transcoder found the disk full: " + failure.what,
                  "Free or add space, then try again.", "media.full");
    if (failure.code == "output")
      throw Error(ErrorKind::unavailable, "the transcoder could not write: " + failure.what,
                  "Check the disk of the media store.", "media.unavailable");
    throw Error(ErrorKind::internal, "the transcoder failed: " + failure.what, {},
                "transcoder.failed");
  }

  ChildProcess child_;
  SteadyClock::time_point deadline_;
  const Cancelled& cancelled_;
  std::function<bool(const Answer&)> take_;
  std::string out_, log_;
  std::optional<Answer> last_;
};

ChildOptions options(const std::filesystem::path& program, const Limits& limits,
                     const Request& request, std::vector<int> handed) {
  ChildOptions child;
  child.program = program;
  child.arguments = {"--job"};
  child.input = toLine(request) + "\n";
  if (child.input.size() > kMaxRequestBytes || handed.size() > kMaxHanded)
    throw Error(ErrorKind::internal, "the request for the transcoder is too long");
  child.handed = std::move(handed);
  child.memory = limits.memory;
  child.output = limits.output;
  child.cpu = limits.cpu;
  child.cgroup = limits.cgroup;
  return child;
}

// Encoding takes all processors for minutes: whatever somebody waits for goes before it.
void standBack(ChildOptions& child, const Limits& limits) {
  child.cpuWeight = limits.cpuWeight;
  child.niceness = kEncoderNiceness;
}

// The worker's descriptors begin at 3, in the order of eachDescriptor(). Returns ours.
std::vector<int> renumber(Work& work) {
  std::vector<int> ours;
  eachDescriptor(work, [&](int& descriptor) {
    ours.push_back(descriptor);
    descriptor = kSourceDescriptor + static_cast<int>(ours.size()) - 1;
  });
  return ours;
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
  const auto nothing = [](const Answer& answer) {
    return std::holds_alternative<Progress>(answer);
  };
  const auto answer =
      Conversation(options(program_, limits_, {}, {source}), limits_.wall, cancelled, nothing)
          .run();
  if (const auto* probe = answer ? std::get_if<Probe>(&*answer) : nullptr) return *probe;
  brokeProtocol("ended without an answer");
}

void Process::transcode(const Work& work, const Listener& listener,
                        const Cancelled& cancelled) const {
  Work theirs = work;
  const std::vector<int> handed = renumber(theirs);
  Answers answers(work, listener);
  const auto take = [&](const Answer& answer) { return std::visit(answers, answer); };
  ChildOptions child = options(program_, limits_, {std::move(theirs)}, handed);
  if (!work.renditions.empty()) standBack(child, limits_);
  const auto last = Conversation(child, limits_.wall, cancelled, take).run();
  if (last) brokeProtocol("answered what nobody asked");
  answers.throwUnlessComplete();
}

}  // namespace clipcourier::transcoder
