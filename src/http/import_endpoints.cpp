#include "http/import_endpoints.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/customer_json.h"
#include "http/multipart.h"

namespace clipcourier::http {
namespace {

using namespace customers;
using nlohmann::json;

const std::string kImports = "/api/v1/imports";
constexpr std::uint64_t kFormOverhead = 64 << 10;

Error badForm() {
  return Error(ErrorKind::invalidInput, "the form is not what an import takes",
               "Send multipart/form-data with one part \"file\", or the file itself as text/csv.",
               "import.bad_form");
}

// The file of a form; it has only arrived when the form has ended.
struct FileOfForm : ByteSource {
  explicit FileOfForm(Request& request) : form(request), part(form.next()) {
    if (!part || part->name != "file") throw badForm();
  }
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t n = part ? part->read(to, size) : 0;
    if (n > 0 || !part) return n;
    part = nullptr;
    if (form.next()) throw badForm();
    return 0;
  }
  MultipartReader form;
  MultipartReader::Part* part;
};

Reply begun(const Import& import) {
  return accepted(toJson(import))
      .with("Location", kImports + "/" + std::to_string(import.id.value));
}

}  // namespace

std::vector<Route> ImportEndpoints::routes() {
  const auto to = [this](Reply (ImportEndpoints::*handler)(Request&)) {
    return [this, handler](Request& request) { return (this->*handler)(request); };
  };
  const RouteOptions file{.query = {"dry_run"},
                          .takes = Takes::body,
                          .maxBody = {maxFile_.bytes + kFormOverhead},
                          .once = true};
  const RouteOptions paged{.query = {"limit", "cursor"}};
  return {
      {Method::post, kImports, Scope::customersWrite, to(&ImportEndpoints::begin), file},
      {Method::get, kImports, Scope::customersRead, to(&ImportEndpoints::list), paged},
      {Method::get, kImports + "/{id}", Scope::customersRead, to(&ImportEndpoints::get), paged},
  };
}

Reply ImportEndpoints::begin(Request& request) {
  const bool dryRun = request.queryFlag("dry_run");
  // The file counts, not the form around it: its boundary differs each time.
  const auto keep = [&](db::Transaction&, const Import& import) {
    request.setBodyHash(import.fileSha256);
    request.keepAnswer(begun(import));
  };
  if (request.contentType() == "text/csv")
    return begun(jobs_.begin(request.body(), dryRun, request.actor(), keep));
  FileOfForm file(request);
  return begun(jobs_.begin(file, dryRun, request.actor(), keep));
}

Reply ImportEndpoints::list(Request& request) {
  const PageRequest page = request.page();
  auto found = imports_.list(ImportId{page.afterId()}, page.limit + 1);
  std::optional<std::string> next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = std::to_string(found.back().id.value);
  }
  json items = json::array();
  for (const Import& import : found) items.push_back(toJson(import));
  return pageReply(std::move(items), next);
}

// The import with one page of its problems.
Reply ImportEndpoints::get(Request& request) {
  const PageRequest page = request.page();
  const ImportId id = request.id<ImportId>();
  json answer = toJson(imports_.get(id));
  auto found = imports_.problems(id, page.afterId(), page.limit + 1);
  json next;
  if (found.size() > static_cast<std::size_t>(page.limit)) {
    found.pop_back();
    next = encodeCursor(std::to_string(found.back().number));
  }
  json items = json::array();
  for (const ReportedProblem& reported : found) items.push_back(toJson(reported.problem));
  answer["problems"] = {{"items", std::move(items)}, {"next_cursor", std::move(next)}};
  return ok(answer);
}

}  // namespace clipcourier::http
