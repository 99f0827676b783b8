#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include "base/byte_size.h"
#include "base/error.h"
#include "transcoder/job.h"

// Runs clipcourier-transcoder for the service: libav never runs in our own process.
//
// The worker gets open descriptors and nothing else: no environment, no other descriptors, no
// names. It dies with us, and at once when it is cancelled or passes a limit. Thread-safe: any
// number of calls at the same time; each blocks until its worker is gone.
namespace clipcourier::transcoder {

// What one worker may use. Memory is not limited in sanitizer builds, which reserve terabytes.
struct Limits {
  ByteSize memory = 2_GiB;  // private data
  std::chrono::seconds cpu{3600};
  std::chrono::seconds wall{1800};
  ByteSize output = 1_GiB;       // largest file it may write; above every built-in profile's limit
  std::filesystem::path cgroup;  // also limits the worker in a cgroup below it, see worker_group.h
  int cpuWeight = 50;            // of encoders there; 100 is what everybody else has
};

// What the caller wants to hear while a worker works; each may be empty. They are called on the
// calling thread, one at a time, as the worker says it: what a report speaks of is complete in its
// file. What they throw kills the worker and comes out.
struct Listener {
  std::function<void(const Progress&)> progress;
  std::function<void(const Posters&)> posters;
  std::function<void(const Report&)> clip;
  std::function<void(const RenditionRefused&)> refused;
  std::function<void(const RenditionServed&)> served;
  std::function<void(const Extras&)> extras;
};

using Cancelled = std::function<bool()>;  // asked about twenty times a second

// The input cannot become a clip: kind refused, code and hint of the refusal (in English).
class RefusedInput : public Error {
 public:
  explicit RefusedInput(Refusal refusal);
  const Refusal& refusal() const noexcept { return refusal_; }

 private:
  Refusal refusal_;
};

class Process {
 public:
  explicit Process(std::filesystem::path program = besideThisProgram(), Limits limits = {});

  // clipcourier-transcoder in the folder this program runs from.
  static std::filesystem::path besideThisProgram();

  // Both throw RefusedInput; Error(unavailable) when the worker was killed, passed a limit or was
  // cancelled (code "transcoder.cancelled", ".timeout", ".cpu", ".memory", ".output_size",
  // ".killed"; a later try may work); Error(outOfSpace) "media.full" or Error(unavailable)
  // "media.unavailable" when what was handed over could not be written, which waits for the disk;
  // Error(internal) when it crashed or broke the protocol.
  // `source` is a descriptor of a regular file; its position does not matter and does not change.
  Probe probe(int source, const Cancelled& cancelled = {}) const;
  // Returns when everything wanted was answered: each rendition by one call of `clip`, `refused` or
  // `served`. Pictures may be missing when every rendition was refused. What was reported before an
  // error stays valid.
  void transcode(const Work& work, const Listener& listener, const Cancelled& cancelled = {}) const;

 private:
  std::filesystem::path program_;
  Limits limits_;
};

}  // namespace clipcourier::transcoder
