#include "http/upload_endpoints.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "http/http_error.h"
#include "http/problem.h"
#include "http/tus.h"

namespace clipcourier::http {
namespace {

using videos::Upload;
using videos::UploadState;

const std::string kUploads = "/api/v1/uploads";
const std::string kVideos = "/api/v1/videos/";

[[noreturn]] void locked() {
  throw HttpError(423, "another request is at work on this upload",
                  "Ask for the offset in a moment, and go on there.", "upload.locked");
}

[[noreturn]] void wrongChecksum() {
  throw HttpError(460, "the bytes do not have this checksum",
                  "They were damaged on the way and are thrown away; send them again.",
                  "upload.wrong_checksum");
}

// The first of these names that has a value. Uppy says "name" where tus-js-client's examples say
// "filename".
std::string valueOf(const tus::Metadata& metadata, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto found = metadata.find(name); found != metadata.end() && !found->second.empty())
      return found->second;
  return {};
}

// Only what can surely be no film: what browsers call films is not to be relied on.
void refuseOthers(const std::string& type) {
  if (!type.starts_with("text/") && !type.starts_with("audio/")) return;
  throw Error(ErrorKind::unsupported, "this is no video",
              "Send a video, or leave out its filetype.", "upload.filetype");
}

bool isWaitingForVideo(const Upload& upload) {
  return upload.state == UploadState::uploading && upload.complete();
}

Reply&& withState(const Upload& upload, Reply&& reply) {
  reply.set("Upload-Offset", std::to_string(upload.offset.bytes));
  if (upload.state == UploadState::done) {
    reply.set("Clipcourier-Video", std::to_string(upload.video.value));
    reply.set("Link", "<" + kVideos + std::to_string(upload.video.value) + ">; rel=\"related\"");
  } else {
    reply.set("Upload-Expires", tus::httpDate(upload.expiresAt));
  }
  return std::move(reply);
}

nlohmann::json toJson(const Upload& upload) {
  nlohmann::json json = {
      {"id", upload.id},
      {"state", isWaitingForVideo(upload) ? "storing" : std::string(name(upload.state))},
      {"title", upload.info.title},
      {"filename", upload.info.filename},
      {"offset", upload.offset.bytes},
      {"length", upload.length.bytes},
      {"video_id", nullptr},
      {"created_at", toIso(upload.createdAt)},
      {"expires_at", nullptr}};
  if (upload.state == UploadState::done)
    json["video_id"] = upload.video.value;
  else
    json["expires_at"] = toIso(upload.expiresAt);
  return json;
}

// Every answer of tus says its version, errors too.
Reply withVersion(const std::function<Reply()>& answer) {
  const std::pair<std::string, std::string> version{"Tus-Resumable", tus::kVersion};
  try {
    return answer().with(version.first, version.second);
  } catch (const HttpError& error) {
    auto headers = error.headers();
    headers.push_back(version);
    throw HttpError(error.status(), error.what(), error.hint(), error.code(), headers);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) throw;
    throw HttpError(statusOf(error.kind()), error.what(), error.hint(), error.code(), {version});
  }
}

}  // namespace

std::vector<Route> UploadEndpoints::routes() {
  const auto to = [this](Reply (UploadEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) {
      return withVersion([&] { return (this->*handler)(request); });
    };
  };
  const std::string one = kUploads + "/{id}";
  const RouteOptions none{.takes = Takes::nothing};
  const RouteOptions bytes{.takes = Takes::body, .maxBody = uploads_.limit()};
  constexpr auto kScope = Scope::videosWrite;
  return {
      {Method::options, kUploads, kOpen, to(&UploadEndpoints::options), none},
      {Method::post, kUploads, kScope, to(&UploadEndpoints::create), bytes},
      {Method::head, one, kScope, to(&UploadEndpoints::head), none},
      {Method::get, one, kScope, to(&UploadEndpoints::get), none},
      {Method::patch, one, kScope, to(&UploadEndpoints::patch), bytes},
      {Method::del, one, kScope, to(&UploadEndpoints::remove), none},
      {Method::post, one, kScope, to(&UploadEndpoints::override), bytes},
  };
}

Reply UploadEndpoints::options(Request&) {
  return noContent()
      .with("Tus-Version", tus::kVersion)
      .with("Tus-Extension", tus::kExtensions)
      .with("Tus-Checksum-Algorithm", tus::kAlgorithms)
      .with("Tus-Max-Size", std::to_string(uploads_.limit().bytes));
}

Reply UploadEndpoints::create(Request& request) {
  tus::requireVersion(request);
  for (const char* header : {"upload-concat", "upload-defer-length"})
    if (request.header(header))
      throw Error(ErrorKind::invalidInput, "this extension of tus is not spoken here",
                  std::string("There are: ") + tus::kExtensions + '.', "upload.extension");
  const std::string header(request.header("upload-metadata").value_or(""));
  const tus::Metadata metadata = tus::parseMetadata(header);
  refuseOthers(text::lower(valueOf(metadata, {"filetype", "type"})));
  const ByteSize length{tus::requireNumber(request, "Upload-Length")};
  const bool hasBytes = request.body().expectedSize() != 0;  // in chunks, nobody knows yet
  if (hasBytes) tus::requireBodyType(request);
  const Upload upload = uploads_.create(
      {{valueOf(metadata, {"title"}), valueOf(metadata, {"filename", "name"})}, header, length},
      request.actor());
  Reply reply = Reply{201, {}, std::string()}.with("Location", kUploads + '/' + upload.id);
  if (hasBytes) return createWithBytes(request, upload, std::move(reply));
  return withState(upload, std::move(reply));
}

// Whoever gets an error does not learn the address, so it must not stay.
Reply UploadEndpoints::createWithBytes(Request& request, const Upload& upload, Reply reply) {
  try {
    return withState(append(request, upload.id, {0}), std::move(reply));
  } catch (const Error&) {
    uploads_.remove(upload.id, request.actor());
    throw;
  }
}

Reply UploadEndpoints::head(Request& request) {
  tus::requireVersion(request);
  const Upload upload = uploads_.find(request.pathText("id"), request.actor());
  if (isWaitingForVideo(upload)) locked();  // so that who sees the end also sees the video
  Reply reply = withState(upload, Reply{200, {}, std::string()});
  reply.set("Upload-Length", std::to_string(upload.length.bytes));
  if (!upload.metadata.empty()) reply.set("Upload-Metadata", upload.metadata);
  return reply;
}

Reply UploadEndpoints::get(Request& request) {
  return ok(toJson(uploads_.find(request.pathText("id"), request.actor())));
}

Reply UploadEndpoints::patch(Request& request) {
  tus::requireBodyType(request);
  tus::requireVersion(request);
  const ByteSize offset{tus::requireNumber(request, "Upload-Offset")};
  return withState(append(request, request.pathText("id"), offset), noContent());
}

Upload UploadEndpoints::append(Request& request, const std::string& id, ByteSize offset) {
  const auto checksum = tus::checksum(request);
  switch (uploads_.append(id, request.actor(), offset, request.body(), checksum)) {
    case videos::Appended::stored: break;
    case videos::Appended::locked: locked();
    case videos::Appended::wrongChecksum: wrongChecksum();
  }
  return uploads_.find(id, request.actor());
}

Reply UploadEndpoints::remove(Request& request) {
  tus::requireVersion(request);
  uploads_.remove(request.pathText("id"), request.actor());
  return noContent();
}

// For those behind a proxy that lets only GET and POST through.
Reply UploadEndpoints::override(Request& request) {
  const std::string method(request.header("x-http-method-override").value_or(""));
  if (method == "PATCH") return patch(request);
  if (method == "DELETE") return remove(request);
  throw Error(ErrorKind::invalidInput, "X-HTTP-Method-Override is missing or not possible here",
              "Say PATCH or DELETE in it, or use these methods.", "upload.method");
}

}  // namespace clipcourier::http
