#include "base/error.h"

namespace clipcourier {

Error::Error(ErrorKind kind, std::string what, std::string hint, std::string code)
    : kind_(kind), what_(std::move(what)), hint_(std::move(hint)), code_(std::move(code)) {
  if (code_.empty()) code_ = name(kind);
}

Error&& Error::with(std::vector<ErrorDetail> details) && {
  details_ = std::move(details);
  return std::move(*this);
}

void Error::addContext(std::string_view doing) { what_ = std::string(doing) + ": " + what_; }

bool isTemporary(const std::exception& error) {
  const auto* ours = dynamic_cast<const Error*>(&error);
  return ours && (ours->kind() == ErrorKind::unavailable || ours->kind() == ErrorKind::outOfSpace);
}

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalidInput: return "invalid_input";
    case ErrorKind::unauthenticated: return "unauthenticated";
    case ErrorKind::forbidden: return "forbidden";
    case ErrorKind::notFound: return "not_found";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::gone: return "gone";
    case ErrorKind::tooLarge: return "too_large";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::refused: return "refused";
    case ErrorKind::tooMany: return "too_many";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::outOfSpace: return "out_of_space";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

}  // namespace clipcourier
