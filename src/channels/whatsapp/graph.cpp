#include "channels/whatsapp/graph.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "channels/whatsapp/errors.h"

namespace clipcourier::channels::whatsapp {

namespace {

constexpr Millis kLongestWait = std::chrono::hours(24);

// Details of the provider may repeat a recipient's number.
std::string masked(std::string_view details) {
  std::string out;
  for (std::size_t i = 0; i < details.size();) {
    std::size_t end = i;
    while (end < details.size() && details[end] >= '0' && details[end] <= '9') ++end;
    if (end - i >= 7)
      out += "…";
    else
      out += details.substr(i, std::max<std::size_t>(end - i, 1));
    i = std::max(end, i + 1);
  }
  return text::truncate(cleanParameter(out), 300);
}

Millis bounded(std::int64_t seconds) {
  return std::clamp<Millis>(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 86'400)),
                            Millis(0), kLongestWait);
}

// "Sun, 06 Nov 1994 08:49:37 GMT" as seconds since 1970.
std::optional<std::int64_t> httpDate(std::string_view value) {
  std::tm parts{};
  std::istringstream in{std::string(value)};
  in.imbue(std::locale::classic());
  in >> std::get_time(&parts, "%a, %d %b %Y %H:%M:%S GMT");
  if (in.fail()) return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts));
}

// A date is told by the provider's clock, so it is compared with the answer's own Date.
Millis retryAfter(const net::HttpResponse& response) {
  const std::string_view value = response.header("Retry-After");
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (parsed.ec == std::errc()) return bounded(seconds);
  if (parsed.ec == std::errc::result_out_of_range) return kLongestWait;
  const auto until = httpDate(value), now = httpDate(response.header("Date"));
  return until && now ? bounded(*until - *now) : Millis(0);
}

// Meta's own estimate, in minutes, of when an exhausted call budget opens again.
Millis regainAfter(const net::HttpResponse& response) {
  const Json usage = parseJson(response.header("x-business-use-case-usage"));
  Millis longest{0};
  if (!usage.is_object()) return longest;
  for (const auto& entries : usage) {
    if (!entries.is_array()) continue;
    for (const auto& entry : entries) {
      const auto minutes = number(member(entry, "estimated_time_to_regain_access"));
      if (minutes && *minutes > 0)
        longest = std::max(longest, bounded(std::min<std::int64_t>(*minutes, 1440) * 60));
    }
  }
  return longest;
}

bool isCallBudget(int code) { return code == 4 || code == 80007 || code == 80008; }

}  // namespace

std::string graphUrl(const Account& account, std::initializer_list<std::string_view> path) {
  if (!account.baseUrl.starts_with("http://") && !account.baseUrl.starts_with("https://")) {
    throw Error(ErrorKind::invalidInput, "the sender's base URL is not an http or https URL",
                "Set the sender's base URL, for example https://graph.facebook.com.");
  }
  std::string url = account.baseUrl;
  while (url.ends_with('/')) url.pop_back();
  if (!account.apiVersion.empty()) url += "/" + percentEncode(account.apiVersion);
  for (const std::string_view segment : path) {
    if (segment.empty()) {
      throw Error(ErrorKind::invalidInput, "the sender lacks an id the request needs",
                  "Enter the phone number id and the business account id of the sender.");
    }
    url += "/" + percentEncode(segment);
  }
  return url;
}

net::HttpRequest graphRequest(const Account& account, std::string method, std::string url) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Authorization", "Bearer " + account.token.reveal()},
                     {"Accept", "application/json"}};
  return request;
}

std::optional<GraphError> graphError(const net::HttpResponse& response, const Json& body) {
  const Json& error = member(body, "error");
  const auto code = number(member(error, "code"));
  if (!code || *code < 0 || *code > INT32_MAX) return std::nullopt;
  GraphError out;
  out.code = static_cast<int>(*code);
  out.info = out.code == 0 ? &loginFailed() : &errorInfo(out.code);
  out.asked = retryAfter(response);
  if (isCallBudget(out.code)) out.asked = std::max(out.asked, regainAfter(response));
  out.after = out.asked > Millis(0) ? out.asked : out.info->after;
  out.reason = std::to_string(out.code) + ": " + std::string(out.info->english);
  std::string details = text(member(error, "error_data"), "details");
  if (details.empty()) details = text(error, "message");
  if (!details.empty()) out.reason += " (" + masked(details) + ")";
  return out;
}

Unreadable unreadable(const net::HttpResponse& response) {
  Unreadable out;
  const int status = response.status;
  out.surelyRefused = status >= 300 && status < 500 && status != 408;
  out.asked = retryAfter(response);
  out.after = out.asked > Millis(0) ? out.asked : std::chrono::minutes(1);
  out.reason = "HTTP " + std::to_string(status) + " without a readable answer of the provider";
  if (out.surelyRefused) out.reason += "; check the sender's base URL and what stands in between";
  return out;
}

}  // namespace clipcourier::channels::whatsapp
