#include "campaigns/preview.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "campaigns/campaign_repository.h"
#include "campaigns/launch_check.h"
#include "customers/consent_repository.h"
#include "customers/customer_repository.h"
#include "messages/composer.h"
#include "senders/sender_repository.h"
#include "senders/template_repository.h"
#include "videos/clip_repository.h"

namespace clipcourier::campaigns {
namespace {

namespace sql {
constexpr auto message = R"sql(
  SELECT state FROM messages WHERE campaign_id = $1 AND customer_id = $2)sql";
}  // namespace sql

constexpr auto kSampleToken = "preview";  // stands where the customer's own watch token will

// Collects a preview step by step; each step notes its reasons.
class Maker {
 public:
  Maker(db::Connection& connection, Campaign campaign, customers::Customer customer)
      : db_(connection), campaign_(std::move(campaign)), customer_(std::move(customer)) {
    preview_.customer = customer_.id;
  }

  Preview make() {
    const auto sender = senders::SenderRepository(db_).find(campaign_.sender);
    const std::string channel = sender ? sender->channel : "";
    if (!sender || sender->state != senders::SenderState::active)
      note("sender.disabled", "sender_id", "the campaign's sender is disabled");
    checkConsent(channel);
    checkAudience();
    checkAddress();
    fillIn();
    if (const auto state = db_.scalar<std::string>(sql::message, campaign_.id, customer_.id))
      note("message.exists", "customer",
           "the campaign has a message to this customer already; it is " + *state);
    return std::move(preview_);
  }

 private:
  void note(std::string code, std::string where, std::string what) {
    preview_.reasons.push_back({std::move(code), std::move(where), std::move(what)});
  }

  void checkConsent(const std::string& channel) {
    for (const customers::Consent& consent : customers::ConsentRepository(db_).of({customer_.id}))
      if (consent.channel == channel && consent.purpose == campaign_.purpose &&
          consent.state == customers::ConsentState::given)
        return;
    note("no_consent", "customer",
         "the customer has not consented to \"" + campaign_.purpose + "\" on this channel");
  }

  void checkAudience() {
    const auto& wanted = campaign_.audience.tags;
    const bool in = wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& tag) {
                      return std::ranges::find(customer_.tags, tag) != customer_.tags.end();
                    });
    if (!in) note("not_in_audience", "audience", "the customer has none of the audience's tags");
  }

  void checkAddress() {
    using customers::IdentityKind;
    const bool reachable = std::ranges::any_of(customer_.identities, [](const auto& identity) {
      return identity.kind == IdentityKind::phone || identity.kind == IdentityKind::bsuid;
    });
    if (!reachable)
      note("no_address", "customer", "the customer has no phone number and no user id");
  }

  void fillIn() {
    const messages::Content* content =
        messages::choose(campaign_.contents, customer_.locale, campaign_.fallbackLanguage);
    if (!content) {
      note(kMissingLanguage, "contents",
           "the campaign has no content in the customer's language and no fallback language");
      return;
    }
    preview_.language = content->language;
    preview_.isFallback = text::language(customer_.locale) != content->language;
    preview_.clip = videos::ClipRepository(db_).find(content->clip);
    preview_.templateName = content->templateName;
    preview_.templateLanguage = content->templateLanguage;
    const auto found = senders::TemplateRepository(db_).find(
        campaign_.sender, content->templateName, content->templateLanguage);
    if (!found || !found->usable())
      note(kMissingLanguage, "contents." + content->language,
           found ? "the template cannot be sent, it is " + found->what.status
                 : std::string("the sender has no such template"));
    if (found) render(*content, found->what);
  }

  void render(const messages::Content& content, const channels::Template& of) {
    const auto recipient = messages::recipientOf(customer_.name, customer_.externalRef.value_or(""),
                                                 nlohmann::json(customer_.attributes).dump());
    channels::TemplateValues values;
    for (const auto& [name, source] : content.variables)
      if (std::string value = messages::resolve(source, recipient); !value.empty())
        values[name] = std::move(value);
    preview_.headerFormat = of.headerFormat;
    preview_.text = channels::render(of, values, kSampleToken);
    for (const std::string& name : preview_.text->missing)
      note("variable_missing:" + name, "contents." + content.language,
           "the customer has no value for {{" + name + "}}, and there is no fallback");
    if (preview_.text->tooLong())
      note("template.too_long", "contents." + content.language,
           "with this customer's values the text is longer than 1024 characters");
  }

  db::Connection& db_;
  const Campaign campaign_;
  const customers::Customer customer_;
  Preview preview_;
};

}  // namespace

Preview Previewer::preview(CampaignId id, CustomerId customerId) const {
  return db_.snapshot([&](db::Connection& connection) {
    Campaign campaign = CampaignRepository(connection).get(id);
    auto customer = customers::CustomerRepository(connection).find(customerId);
    if (!customer)
      throw Error(ErrorKind::notFound, "there is no such customer",
                  "list them with GET /api/v1/customers", "customer.not_found");
    return Maker(connection, std::move(campaign), *std::move(customer)).make();
  });
}

}  // namespace clipcourier::campaigns
