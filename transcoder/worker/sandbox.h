#pragma once

// What the worker gives up before it looks at a byte of a source. Whoever takes it over through a
// defect in a demuxer or decoder has the descriptors that were handed over, memory and processor
// time within the limits, and nothing else: no names, no network, no other process.
//
// A seccomp filter allows the few calls that decoding and encoding need; rlimits allow no further
// descriptor. What is refused is refused in three ways:
//   - looking up or opening a name answers ENOENT. Libraries do that on their own (time zones, CPU
//     lists, OpenSSL's configuration) and go on as if the file were not there; EPERM stops some.
//   - what no library here does and every exploit needs (programs, processes, sockets, signals to
//     others, tracing, io_uring, ...) ends the process with SIGSYS, so that it cannot try on and
//     the job's error tells of it.
//   - the rest answers ENOSYS, to which C libraries have an older way: this one's clone3, whose
//     flags a filter cannot see, as well as what a later one may bring.
// Processes are told from threads by the flags of clone. Memory can never become code.
namespace clipcourier::transcoder {

// Sanitizers open files and trace themselves; in such a build there is no sandbox.
#ifdef CLIPCOURIER_SANITIZE
inline constexpr bool kHasSandbox = false;
#else
inline constexpr bool kHasSandbox = true;
#endif

// For good, for this process with all its threads, also those that run already. Whatever has to be
// read by name (fonts) is read before. Throws Error(unavailable, "sandbox") when the kernel offers
// no seccomp; nothing may be decoded then.
void enterSandbox();

}  // namespace clipcourier::transcoder
