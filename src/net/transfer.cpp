#include "net/transfer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace clipcourier::net {

namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

bool isIdempotent(const std::string& method) { return method == "GET" || method == "HEAD"; }

// A header that would end early and begin another one is not ours to send.
bool isClean(const Header& header) {
  const auto bad = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !header.name.empty() && std::none_of(header.name.begin(), header.name.end(), bad) &&
         std::none_of(header.value.begin(), header.value.end(), bad);
}

}  // namespace

// Feeds curl from a file without moving the descriptor's own position.
class Transfer::FileReader {
 public:
  FileReader(int fd, bool owns, const FileSource& source)
      : fd_(fd), owns_(owns), offset_(source.offset), size_(source.size) {}
  ~FileReader() {
    if (owns_) ::close(fd_);
  }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  static std::size_t onRead(char* out, std::size_t size, std::size_t count, void* self) {
    return static_cast<FileReader*>(self)->read(out, size * count);
  }
  static int onSeek(void* self, curl_off_t offset, int origin) {
    auto& reader = *static_cast<FileReader*>(self);
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
    reader.done_ = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

 private:
  std::size_t read(char* out, std::size_t room) {
    const std::uint64_t left = done_ < size_ ? size_ - done_ : 0;
    if (left == 0) return 0;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, room));
    ssize_t got;
    do {
      got = ::pread(fd_, out, want, static_cast<off_t>(offset_ + done_));
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return CURL_READFUNC_ABORT;  // shorter than promised, or unreadable
    done_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

  int fd_;
  bool owns_;
  std::uint64_t offset_, size_, done_ = 0;
};

Transfer::Transfer(const HttpEngineOptions& options) : easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  const auto set = [this](auto option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, options.proxy.c_str());  // "" also switches off http_proxy & co.
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_USERAGENT, options.userAgent.c_str());
  if (!options.caFile.empty()) set(CURLOPT_CAINFO, options.caFile.c_str());
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_ACCEPT_ENCODING, nullptr);
  set(CURLOPT_PREREQFUNCTION, &Transfer::onStart);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
  set(CURLOPT_HEADERDATA, this);
}

Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_mime_free(form_);
}

std::string Transfer::prepare(Job job) {
  job_ = std::move(job);
  const HttpRequest& request = job_.request;
  const auto left = std::chrono::duration_cast<Millis>(job_.deadline - Steady::now());
  if (left.count() <= 0) return "no free connection before the deadline";
  for (const Header& header : request.headers) {
    if (!isClean(header)) return "a header holds a line break";
    // Without a value curl would drop the header; with ';' it sends an empty one.
    const std::string line =
        header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    if (curl_slist* longer = curl_slist_append(headers_, line.c_str())) headers_ = longer;
  }
  // A 100-continue pause gains nothing with bodies as small as ours and delays the rest.
  if (curl_slist* longer = curl_slist_append(headers_, "Expect:")) headers_ = longer;
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connectTimeout.count()));
  return setBody();
}

std::string Transfer::setBody() {
  const HttpRequest& request = job_.request;
  if (const auto* parts = std::get_if<std::vector<MultipartPart>>(&request.body)) {
    if (std::string trouble = setForm(*parts); !trouble.empty()) return trouble;
  } else if (const auto* file = std::get_if<FileSource>(&request.body)) {
    if (std::string trouble = setFileBody(*file); !trouble.empty()) return trouble;
  } else if (const auto* bytes = std::get_if<std::string>(&request.body)) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes->size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, bytes->data());
  } else if (request.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return {};
  } else if (request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return {};
}

Transfer::FileReader* Transfer::openFile(const FileSource& source) {
  const bool owns = !source.file;
  const int fd = owns ? ::open(source.path.c_str(), O_RDONLY | O_CLOEXEC) : source.file->get();
  if (fd < 0) return nullptr;
  files_.push_back(std::make_unique<FileReader>(fd, owns, source));
  return files_.back().get();
}

std::string Transfer::setForm(const std::vector<MultipartPart>& parts) {
  form_ = curl_mime_init(easy_);
  for (const MultipartPart& part : parts) {
    curl_mimepart* field = curl_mime_addpart(form_);
    curl_mime_name(field, part.name.c_str());
    if (!part.contentType.empty()) curl_mime_type(field, part.contentType.c_str());
    if (!part.fileName.empty()) curl_mime_filename(field, part.fileName.c_str());
    if (const auto* text = std::get_if<std::string>(&part.content)) {
      curl_mime_data(field, text->data(), text->size());
      continue;
    }
    const FileSource& source = std::get<FileSource>(part.content);
    FileReader* reader = openFile(source);
    if (!reader) return std::string("cannot open the file to send: ") + std::strerror(errno);
    curl_mime_data_cb(field, static_cast<curl_off_t>(source.size), &FileReader::onRead,
                      &FileReader::onSeek, nullptr, reader);
  }
  curl_easy_setopt(easy_, CURLOPT_MIMEPOST, form_);
  return {};
}

std::string Transfer::setFileBody(const FileSource& source) {
  FileReader* reader = openFile(source);
  if (!reader) return std::string("cannot open the file to send: ") + std::strerror(errno);
  curl_easy_setopt(easy_, CURLOPT_POST, 1L);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, nullptr);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(source.size));
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &FileReader::onRead);
  curl_easy_setopt(easy_, CURLOPT_READDATA, reader);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &FileReader::onSeek);
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, reader);
  return {};
}

// curl repeats a request by itself when a kept connection dies before the answer, POST included:
// the provider may have taken the first one. So the second start is refused, unless no byte has
// left or the request changes nothing.
bool Transfer::mayStart() {
  if (++starts_ == 1 || isIdempotent(job_.request.method)) return true;
  long sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent);
  if (sent == 0) return true;
  trouble_ = "the connection ended before an answer";
  return false;
}

int Transfer::onStart(void* self, char*, char*, int, int) {
  return static_cast<Transfer*>(self)->mayStart() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::size_t Transfer::onBody(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->takeBody(data, size * count);
}

std::size_t Transfer::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->takeHeader({data, size * count});
}

std::size_t Transfer::takeHeader(std::string_view line) {
  if (line.starts_with("HTTP/")) {  // also after a 1xx answer: only the last head counts
    response_.headers.clear();
    return line.size();
  }
  if (response_.headers.size() + line.size() > kMaxHeaderBytes) {
    trouble_ = "the answer's headers are too large";
    return 0;
  }
  if (line != "\r\n") response_.headers.append(line);
  return line.size();
}

bool Transfer::savesToFile() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return job_.request.saveTo && status >= 200 && status < 300;
}

std::size_t Transfer::takeBody(const char* data, std::size_t size) {
  const std::uint64_t limit = job_.request.maxResponse.bytes;
  if (saved_ + response_.body.size() + size > limit) {
    trouble_ = "the answer is larger than " + toString(job_.request.maxResponse);
    return 0;
  }
  if (!savesToFile()) {
    response_.body.append(data, size);
    return size;
  }
  for (std::size_t done = 0; done < size;) {
    const ssize_t n =
        ::pwrite(job_.request.saveTo->get(), data + done, size - done, static_cast<off_t>(saved_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      trouble_ = std::string("cannot write the answer to its file: ") + std::strerror(errno);
      return 0;
    }
    done += static_cast<std::size_t>(n);
    saved_ += static_cast<std::uint64_t>(n);
  }
  return size;
}

HttpResponse Transfer::finish(CURLcode result) {
  long status = 0, sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent);
  response_.status = static_cast<int>(status);
  if (result != CURLE_OK) {
    const bool mayHaveLeft = starts_ > 0 && sent > 0;
    response_.failure = TransportFailure{
        mayHaveLeft ? TransportFailure::Kind::lost : TransportFailure::Kind::notSent,
        trouble_.empty() ? curl_easy_strerror(result) : trouble_};
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(easy_, CURLOPT_MIMEPOST, nullptr);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, nullptr);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, nullptr);
  curl_easy_setopt(easy_, CURLOPT_READDATA, nullptr);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, nullptr);
  curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);  // also takes NOBODY and POST back
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, nullptr);
  curl_slist_free_all(std::exchange(headers_, nullptr));
  curl_mime_free(std::exchange(form_, nullptr));
  files_.clear();
  job_.request = {};
  saved_ = 0;
  starts_ = 0;
  trouble_.clear();
  return std::exchange(response_, {});
}

}  // namespace clipcourier::net
