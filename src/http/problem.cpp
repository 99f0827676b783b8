#include "http/problem.h"

#include <nlohmann/json.hpp>

#include "http/http_error.h"

namespace clipcourier::http {

int statusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalidInput: return 400;
    case ErrorKind::unauthenticated: return 401;
    case ErrorKind::forbidden: return 403;
    case ErrorKind::notFound: return 404;
    case ErrorKind::conflict: return 409;
    case ErrorKind::gone: return 410;
    case ErrorKind::tooLarge: return 413;
    case ErrorKind::unsupported: return 415;
    case ErrorKind::refused: return 422;
    case ErrorKind::tooMany: return 429;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::outOfSpace: return 507;
    case ErrorKind::internal: return 500;
  }
  return 500;
}

std::string_view reasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 460: return "Checksum Mismatch";  // of tus
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

namespace {

// What to do where an error does not say it itself.
std::string_view usualHint(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalidInput: return "Correct the request; /api/openapi.json describes it.";
    case ErrorKind::notFound: return "List what there is, and check the id.";
    case ErrorKind::conflict: return "Read the current state, then decide again.";
    case ErrorKind::tooMany:
    case ErrorKind::unavailable: return "Try again in a moment.";
    case ErrorKind::outOfSpace: return "Free space on the server, then try again.";
    case ErrorKind::internal: return "Tell the operator the request id; the log names the cause.";
    default: return "See /api/openapi.json.";
  }
}

Reply answer(const Error& error, int status, const std::string& requestId) {
  nlohmann::json body = {{"type", "urn:clipcourier:error:" + error.code()},
                         {"title", error.what()},
                         {"status", status},
                         {"code", error.code()},
                         {"request_id", requestId}};
  body["detail"] = error.hint().empty() ? std::string(usualHint(error.kind())) : error.hint();
  for (const ErrorDetail& detail : error.details()) {
    body["errors"].push_back(
        {{"code", detail.code}, {"where", detail.where}, {"what", detail.what}});
  }
  Reply reply = ok(body, status);
  reply.set("Content-Type", "application/problem+json");
  if (status == 401) reply.set("WWW-Authenticate", "Bearer realm=\"clipcourier\"");
  if (status == 429 || status == 503) reply.set("Retry-After", "5");
  return reply;
}

// What went wrong inside is for the log, under the request's id.
Error withoutWords() {
  return Error(ErrorKind::internal, "something went wrong here",
               "It is not your request. Tell the operator the request_id; the log has the cause.",
               "internal");
}

}  // namespace

Reply problem(const Error& error, const std::string& requestId) {
  if (const auto* http = dynamic_cast<const HttpError*>(&error)) {
    Reply reply = answer(error, http->status(), requestId);
    for (const auto& [name, value] : http->headers()) reply.set(name, value);
    return reply;
  }
  if (error.kind() == ErrorKind::internal) return answer(withoutWords(), 500, requestId);
  return answer(error, statusOf(error.kind()), requestId);
}

Reply problemOf(const std::exception& error, const std::string& requestId) {
  if (const auto* known = dynamic_cast<const Error*>(&error)) return problem(*known, requestId);
  return answer(withoutWords(), 500, requestId);
}

}  // namespace clipcourier::http
