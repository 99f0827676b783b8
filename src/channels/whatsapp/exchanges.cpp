#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "channels/whatsapp/graph.h"
#include "channels/whatsapp/templates.h"
#include "channels/whatsapp/whatsapp_channel.h"

namespace clipcourier::channels::whatsapp {

namespace {

constexpr int kMaxPages = 100;  // of 100 templates; an account holds at most 6,000

// What every answer but a good one means for an exchange. Repeating an exchange harms nobody: an
// upload that was lost leaves at most a file that the provider forgets after 30 days.
ExchangeFailure failure(const net::HttpResponse& response, const Json& body) {
  ExchangeFailure out;
  out.temporary = true;
  out.reaction = Reaction::retry;
  if (!response.complete()) {
    out.after = std::chrono::seconds(5);
    out.reason = response.failure->reason;
    return out;
  }
  if (const auto error = graphError(response, body)) {
    return {error->info->temporary, error->after, error->code, error->info->reaction,
            error->reason};
  }
  const Unreadable other = unreadable(response);
  out.after = other.after;
  out.reason = other.reason;
  return out;
}

bool isGood(const net::HttpResponse& response) {
  return response.complete() && response.status >= 200 && response.status < 300;
}

// Meta writes hashes as hexadecimal digits in one place and as Base64 in another.
bool isHash(std::string_view told, std::string_view hex) {
  const auto bytes = crypto::unhex(hex);
  return bytes && (crypto::unhex(told) == bytes || crypto::unbase64(told) == bytes);
}

class MediaUpload final : public Exchange<std::string> {
 public:
  MediaUpload(Account account, MediaFile media)
      : account_(std::move(account)), media_(std::move(media)) {}

  ExchangeStep<std::string> begin() override {
    net::HttpRequest request =
        graphRequest(account_, "POST", graphUrl(account_, {account_.numberId, "media"}));
    request.timeout = std::chrono::minutes(5);  // 16 MB over a slow line
    request.body =
        std::vector<net::MultipartPart>{{"messaging_product", std::string("whatsapp"), "", ""},
                                        {"type", media_.mimeType, "", ""},
                                        {"file", media_.bytes, media_.mimeType, media_.fileName}};
    return request;
  }

  ExchangeStep<std::string> next(const net::HttpResponse& answer) override {
    const Json body = parseJson(answer.body);
    const std::string id = text(body, "id");
    if (!isGood(answer) || id.empty()) return failure(answer, body);
    if (!id_.empty()) return confirmed(body);
    id_ = id;
    return graphRequest(
        account_, "GET",
        graphUrl(account_, {id_}) + "?phone_number_id=" + percentEncode(account_.numberId));
  }

 private:
  // What the provider does not tell is not held against it; what it tells must be right.
  ExchangeStep<std::string> confirmed(const Json& body) const {
    const auto size = number(member(body, "file_size"));
    const std::string hash = text(body, "sha256");
    const bool sameSize = !size || *size == static_cast<std::int64_t>(media_.bytes.size);
    const bool sameHash = hash.empty() || media_.sha256.empty() || isHash(hash, media_.sha256);
    if (sameSize && sameHash) return id_;
    return ExchangeFailure{true, std::chrono::seconds(10), 0, Reaction::retry,
                           "the provider received other bytes than were sent"};
  }

  Account account_;
  MediaFile media_;
  std::string id_;  // known after the first answer
};

class TemplatePages final : public Exchange<std::vector<Template>> {
 public:
  explicit TemplatePages(Account account) : account_(std::move(account)) {}

  ExchangeStep<std::vector<Template>> begin() override { return page(""); }

  ExchangeStep<std::vector<Template>> next(const net::HttpResponse& answer) override {
    const Json body = parseJson(answer.body);
    if (!isGood(answer) || !member(body, "data").is_array()) return failure(answer, body);
    for (const Json& json : list(body, "data")) {
      if (auto one = readTemplate(json)) templates_.push_back(*std::move(one));
    }
    // The `next` link is the provider's; only its cursor is used, so that no answer can send our
    // token to another host.
    const Json& paging = member(body, "paging");
    const std::string after = text(member(paging, "cursors"), "after");
    const bool more = !text(paging, "next").empty() && !after.empty();
    if (!more) return std::move(templates_);
    if (++pages_ >= kMaxPages || !seen_.insert(after).second) {
      return ExchangeFailure{true, std::chrono::minutes(5), 0, Reaction::retry,
                             "the provider's list of templates does not end"};
    }
    return page(after);
  }

 private:
  net::HttpRequest page(const std::string& after) const {
    std::string url = graphUrl(account_, {account_.businessId, "message_templates"}) +
                      "?fields=id,name,status,category,language,parameter_format,components,"
                      "quality_score,rejected_reason&limit=100";
    if (!after.empty()) url += "&after=" + percentEncode(after);
    net::HttpRequest request = graphRequest(account_, "GET", std::move(url));
    request.maxResponse = 8_MiB;
    return request;
  }

  Account account_;
  std::vector<Template> templates_;
  std::set<std::string> seen_;
  int pages_ = 0;
};

class NumberFields final : public Exchange<NumberInfo> {
 public:
  explicit NumberFields(Account account) : account_(std::move(account)) {}

  ExchangeStep<NumberInfo> begin() override {
    return graphRequest(account_, "GET",
                        graphUrl(account_, {account_.numberId}) +
                            "?fields=id,display_phone_number,verified_name,quality_rating,"
                            "name_status,code_verification_status,throughput,"
                            "whatsapp_business_manager_messaging_limit");
  }

  ExchangeStep<NumberInfo> next(const net::HttpResponse& answer) override {
    const Json body = parseJson(answer.body);
    if (!isGood(answer) || text(body, "id").empty()) return failure(answer, body);
    NumberInfo info;
    info.id = text(body, "id");
    info.displayNumber = text(body, "display_phone_number");
    info.verifiedName = text(body, "verified_name");
    info.qualityRating = text(body, "quality_rating");
    info.nameStatus = text(body, "name_status");
    info.codeVerification = text(body, "code_verification_status");
    info.throughput = text(member(body, "throughput"), "level");
    info.messagingLimit = text(body, "whatsapp_business_manager_messaging_limit");
    return info;
  }

 private:
  Account account_;
};

}  // namespace

std::unique_ptr<Exchange<std::string>> WhatsAppChannel::uploadMedia(Account account,
                                                                    MediaFile media) const {
  return std::make_unique<MediaUpload>(std::move(account), std::move(media));
}

std::unique_ptr<Exchange<std::vector<Template>>> WhatsAppChannel::listTemplates(
    Account account) const {
  return std::make_unique<TemplatePages>(std::move(account));
}

std::unique_ptr<Exchange<NumberInfo>> WhatsAppChannel::readNumber(Account account) const {
  return std::make_unique<NumberFields>(std::move(account));
}

}  // namespace clipcourier::channels::whatsapp
