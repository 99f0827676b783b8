#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/byte_source.h"

namespace clipcourier::http {

class Request;

// A multipart/form-data body, read part by part as it arrives (RFC 7578). Never holds more than a
// fixed window of it. A body without its closing boundary is an Error(invalidInput)
// "request.truncated" even when the HTTP body itself was complete.
class MultipartReader {
 public:
  // One field or file of the form. read() ends with the part; what is not read is skipped by
  // next().
  class Part : public ByteSource {
   public:
    std::string name;         // of the form field, UTF-8
    std::string fileName;     // safe to show and to store, no folders; "" when it is no file
    std::string contentType;  // as sent, lower case, without parameters; "text/plain" by default
    std::size_t read(char* to, std::size_t size) override { return reader_.readPart(to, size); }
    // A short field as UTF-8 text. Throws Error(invalidInput) above `maxBytes` or when it is no
    // text.
    std::string text(std::size_t maxBytes = 10'000);

   private:
    friend class MultipartReader;
    explicit Part(MultipartReader& reader) : reader_(reader) {}
    MultipartReader& reader_;
  };

  // Error(unsupported) when the request is no multipart form.
  explicit MultipartReader(Request& request);
  MultipartReader(ByteSource& body, const std::string& boundary);

  // The next part, or null when the form is complete and the body has ended. Valid until the next
  // call.
  Part* next();

 private:
  std::size_t readPart(char* to, std::size_t size);
  bool lookAhead();  // makes safe_ > 0 if the part has more
  bool fill();
  void skipToDelimiter();
  bool beginPart();  // false at the closing boundary
  void readHeaders();
  void readDisposition(std::string_view value);
  std::string takeLine();
  void finish();

  ByteSource& body_;
  const std::string delimiter_;  // "\r\n--boundary"
  std::string window_;           // received and not yet given out
  std::size_t safe_ = 0;         // bytes in front of the window that are surely of this part
  bool atDelimiter_ = false;     // the delimiter follows the safe bytes
  bool bodyEnded_ = false;
  bool done_ = false;
  int parts_ = 0;
  Part part_{*this};
};

// "C:\films\Übersicht.mp4" → "Übersicht.mp4": no folders, no control characters, at most 200 bytes;
// "upload" when nothing is left.
std::string safeFileName(std::string_view name);

}  // namespace clipcourier::http
