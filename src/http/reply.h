#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/unique_fd.h"

namespace clipcourier::http {

// Part of an open file, sent by sendfile(2).
struct FileBody {
  UniqueFd file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Where a streamed reply is written. It holds one thread of its listener until it returns.
struct StreamWriter {
  virtual ~StreamWriter() = default;
  virtual void write(std::string_view bytes) = 0;  // sent at once; Error when the caller is
                                                   // gone or does not take it in time
  virtual bool stopping() const = 0;               // the server wants to end: return soon
};
using StreamBody = std::function<void(StreamWriter&)>;

// What a handler answers. Movable only when it holds a file.
struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::variant<std::string, FileBody, StreamBody> body;

  // Sets a header; replaces one of the same name.
  Reply&& with(std::string_view name, std::string value) &&;
  void set(std::string_view name, std::string value);
  const std::string* find(std::string_view name) const;
};

Reply ok(const nlohmann::json& value, int status = 200);
Reply created(const std::string& location, const nlohmann::json& value);  // 201
Reply accepted(const nlohmann::json& value);                              // 202: work goes on
Reply noContent();                                                        // 204
Reply html(std::string page, int status = 200);
Reply bytes(std::string content, const std::string& contentType, int status = 200);
Reply stream(const std::string& contentType, StreamBody body);
Reply redirect(const std::string& location);  // 303

}  // namespace clipcourier::http
