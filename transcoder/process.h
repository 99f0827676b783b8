#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include "base/byte_size.h"
#include "base/error.h"
#include "transcoder/profile.h"
#include "transcoder/report.h"

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
  ByteSize output = 256_MiB;  // largest file it may write
};

// Descriptors of empty regular files, open for reading and writing; they stay the caller's.
struct Outputs {
  int clip = -1;
  int poster = -1;     // JPEG
  int thumbnail = -1;  // JPEG
};

using OnProgress = std::function<void(const Progress&)>;
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

  // `source` is a descriptor of a regular file; its position does not matter and does not change.
  // Both throw RefusedInput; Error(unavailable) when the worker was killed, passed a limit or was
  // cancelled (code "transcoder.cancelled", ".timeout", ".cpu", ".memory", ".output_size",
  // ".killed"; a later try may work); Error(internal) when it crashed or broke the protocol.
  Probe probe(int source, const Cancelled& cancelled = {}) const;
  Report transcode(int source, const Profile& profile, const Outputs& outputs,
                   const OnProgress& onProgress = {}, const Cancelled& cancelled = {}) const;

 private:
  std::filesystem::path program_;
  Limits limits_;
};

}  // namespace clipcourier::transcoder
