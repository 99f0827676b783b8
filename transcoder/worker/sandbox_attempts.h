#pragma once

namespace clipcourier::transcoder {

// Tries what the sandbox has to refuse, each attempt in a process of its own, once outside and once
// inside of a sandbox entered as a job enters it. Prints one line of JSON for each:
//   {"attempt": "socket", "outside": "done", "inside": "killed", "refused": true}
// `inside` is "killed", the name of an error, or "done". Answers an exit code: 0 only when all were
// refused. A build with sanitizers tries nothing and says {"switched_off": ...}.
int trySandbox();

}  // namespace clipcourier::transcoder
