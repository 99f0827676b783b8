#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/http_engine.h"

// Private to this folder: one request on one reusable curl handle. Belongs to the engine's thread.
namespace clipcourier::net {

using Steady = std::chrono::steady_clock;

// A request that was handed over, with who waits for it.
struct Job {
  HttpRequest request;
  HttpEngine::Callback done;
  Steady::time_point deadline;
};

class Transfer {
 public:
  explicit Transfer(const HttpEngineOptions& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Readies the handle for the job. Returns an empty text, or why the request cannot be made.
  std::string prepare(Job job);
  // What came of it, with curl's verdict. Ends the job and readies the handle for another.
  HttpResponse finish(CURLcode result);
  HttpEngine::Callback takeCallback() { return std::move(job_.done); }
  CURL* handle() const noexcept { return easy_; }

 private:
  class FileReader;

  std::string setBody();
  std::string setForm(const std::vector<MultipartPart>& parts);
  std::string setFileBody(const FileSource& source);
  FileReader* openFile(const FileSource& source);  // null when it cannot be opened
  bool mayStart();
  std::size_t takeBody(const char* data, std::size_t size);
  std::size_t takeHeader(std::string_view line);
  bool savesToFile() const;

  static int onStart(void* self, char*, char*, int, int);
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);

  CURL* easy_;
  curl_slist* headers_ = nullptr;
  curl_mime* form_ = nullptr;
  std::vector<std::unique_ptr<FileReader>> files_;
  Job job_;
  HttpResponse response_;
  std::uint64_t saved_ = 0;  // bytes written to saveTo
  int starts_ = 0;           // how often curl was about to write the request
  std::string trouble_;      // our own reason for ending it, clearer than curl's
};

}  // namespace clipcourier::net
