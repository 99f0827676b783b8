#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace clipcourier {

// What went wrong, as far as a caller can react to it. HTTP maps each to one status.
enum class ErrorKind {
  invalidInput,     // 400: the caller must change the request
  unauthenticated,  // 401: who are you?
  forbidden,        // 403: not with this token
  notFound,         // 404
  conflict,         // 409: true now, may change
  gone,             // 410: was there once
  tooLarge,         // 413
  unsupported,      // 415: media type or codec we do not take
  refused,          // 422: understood, and the answer is no
  tooMany,          // 429
  unavailable,      // 503: try again
  outOfSpace,       // 507
  internal,         // 500: a defect
};

// One reason among several, for answers that name all of them at once.
struct ErrorDetail {
  std::string code;   // machine-readable, stable: "clip.no_report"
  std::string where;  // field, line or object it is about; may be empty
  std::string what;   // one sentence: what is wrong and what to do
};

// `what` tells the operator what happened; `hint` tells the caller what to do next.
// Neither ever holds a token, a phone number or a message text.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string what, std::string hint = {}, std::string code = {});

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return what_.c_str(); }
  const std::string& hint() const noexcept { return hint_; }
  // Machine-readable and stable, "upload.truncated"; the kind's name when none was given.
  const std::string& code() const noexcept { return code_; }
  const std::vector<ErrorDetail>& details() const noexcept { return details_; }

  Error&& with(std::vector<ErrorDetail> details) &&;
  // Puts what was being done in front: "transcode video 42: decode: invalid data".
  void addContext(std::string_view doing);

 private:
  ErrorKind kind_;
  std::string what_, hint_, code_;
  std::vector<ErrorDetail> details_;
};

// Whether the same may succeed later as it is: a busy or absent database, a full disk.
bool isTemporary(const std::exception& error);

// Stable name of a kind, as used in codes and logs: "invalid_input".
std::string_view name(ErrorKind kind);

}  // namespace clipcourier
