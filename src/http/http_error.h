#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace clipcourier::http {

// An Error whose status is not the one of its kind: 405, 411, 414, 416, 431 and the like.
class HttpError : public Error {
 public:
  HttpError(int status, std::string what, std::string hint, std::string code,
            std::vector<std::pair<std::string, std::string>> headers = {})
      : Error(status >= 500 ? ErrorKind::unavailable : ErrorKind::invalidInput, std::move(what),
              std::move(hint), std::move(code)),
        status_(status),
        headers_(std::move(headers)) {}
  int status() const noexcept { return status_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
    return headers_;
  }

 private:
  int status_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace clipcourier::http
