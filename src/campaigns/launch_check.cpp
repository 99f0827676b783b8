#include "campaigns/launch_check.h"

#include <algorithm>

#include "base/text.h"
#include "campaigns/audience_reader.h"
#include "channels/opt_out.h"
#include "messages/unreached.h"
#include "senders/template_repository.h"
#include "videos/clip_repository.h"

namespace clipcourier::campaigns {
namespace {

constexpr std::size_t kLongestUrl = 2000,
                      kLongestSuffix = 64;  // of a button; a watch token is short

// The reader must be able to see how to stop: a button, or words in the footer.
bool namesOptOut(const channels::Template& of) {
  const auto isStopButton = [](const channels::TemplateButton& button) {
    return button.type == "QUICK_REPLY" && channels::isOptOut(button.text);
  };
  if (std::ranges::any_of(of.buttons, isStopButton)) return true;
  const std::string footer = text::lower(of.footerText);
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"stop", "abmeld", "unsubscribe"},
      [&](std::string_view word) { return footer.find(word) != std::string::npos; });
}

// The values that are the same for everybody; the others count with their fallback.
channels::TemplateValues staticValues(const messages::Content& content) {
  channels::TemplateValues values;
  for (const auto& [name, source] : content.variables)
    values[name] = source.field.empty() ? source.text : source.fallback;
  return values;
}

}  // namespace

std::vector<ErrorDetail> LaunchCheck::problems(const Campaign& campaign) const {
  Problems problems;
  const std::string channel = checkSender(campaign, problems);
  if (campaign.contents.empty())
    problems.push_back({"content.none", "contents", "nothing to send: add a clip and a template"});
  else if (!campaign.fallbackLanguage.empty() &&
           !messages::choose(campaign.contents, "", campaign.fallbackLanguage))
    problems.push_back({"content.fallback", "fallback_language",
                        "no content in the fallback language \"" + campaign.fallbackLanguage +
                            "\": add one, or choose a language that has one"});
  db_.read([&](db::Connection& connection) {
    for (const messages::Content& content : campaign.contents)
      checkContent(connection, campaign, content, channel, problems);
    AudienceReader audience(connection, campaign.audience, channel, campaign.purpose);
    if (audience.page({}, 1).empty())
      problems.push_back({"audience.empty", "audience",
                          "nobody of this audience has consented to \"" + campaign.purpose +
                              "\" on this channel and can be reached there"});
    for (const messages::Content& content : campaign.contents)
      checkLengths(connection, campaign, content, audience, problems);
  });
  return problems;
}

std::vector<LaunchCheck::Warning> LaunchCheck::warnings(const Campaign& campaign) const {
  Problems ignored;
  const std::string channel = checkSender(campaign, ignored);
  std::map<std::string, std::int64_t> waiting;
  std::int64_t withoutAddress = 0, unreached = 0;
  db_.snapshot([&](db::Connection& connection) {
    const auto sendable = sendableLanguages(connection, campaign);
    AudienceReader audience(connection, campaign.audience, channel, campaign.purpose);
    withoutAddress = audience.withoutAddress();
    unreached = audience.unreached();
    for (const auto& [locale, count] : audience.locales()) {
      const auto* content = messages::choose(campaign.contents, locale, campaign.fallbackLanguage);
      const std::string language =
          content ? content->language : text::language(locale).value_or("");
      if (!content || !sendable.contains(language)) waiting[language] += count;
    }
  });
  std::vector<Warning> warnings;
  for (const auto& [language, count] : waiting)
    warnings.push_back(
        {kMissingLanguage, "contents." + language,
         std::to_string(count) + " customers have " +
             (language.empty() ? "no known language" : "the language \"" + language + "\"") +
             ", for which there is no template that can be sent: their messages will wait for one",
         count});
  if (withoutAddress > 0)
    warnings.push_back({"audience.no_address", "audience",
                        std::to_string(withoutAddress) + " customers have consented to " + channel +
                            " but have no address there: they are left out",
                        withoutAddress});
  if (unreached > 0)
    warnings.push_back({"audience.unreached", "audience",
                        std::to_string(unreached) + " customers are left out because " + channel +
                            " could not reach them in " +
                            std::to_string(messages::kMostCampaignsUnreached) +
                            " campaigns; who writes to us, agrees anew or has another number is "
                            "asked again",
                        unreached});
  return warnings;
}

std::set<std::string> sendableLanguages(db::Connection& connection, const Campaign& campaign) {
  std::set<std::string> languages;
  senders::TemplateRepository templates(connection);
  for (const messages::Content& content : campaign.contents) {
    const auto found =
        templates.find(campaign.sender, content.templateName, content.templateLanguage);
    if (found && found->usable()) languages.insert(content.language);
  }
  return languages;
}

// Most campaigns are far from the limit with every field at its longest at once. Only where they
// are not, everybody's text is made.
void LaunchCheck::checkLengths(db::Connection& connection, const Campaign& campaign,
                               const messages::Content& content, AudienceReader& audience,
                               Problems& problems) const {
  const auto found = senders::TemplateRepository(connection)
                         .find(campaign.sender, content.templateName, content.templateLanguage);
  const bool varies = std::ranges::any_of(
      content.variables, [](const auto& one) { return !one.second.field.empty(); });
  if (!found || !varies) return;
  const FieldLengths longest = audience.longest();
  std::int64_t most = static_cast<std::int64_t>(found->what.bodyText.size());
  for (const auto& [name, source] : content.variables)
    most += source.field.empty()                ? static_cast<std::int64_t>(source.text.size())
            : source.field.starts_with("attr.") ? longest.attributes
            : source.field == "external_ref"    ? longest.externalRef
                                                : longest.name;
  if (most <= static_cast<std::int64_t>(channels::RenderedTemplate::kMaxBody)) return;
  constexpr int kPage = 5'000;
  std::int64_t tooLong = 0;
  for (CustomerId after{};;) {
    const auto page = audience.readers(after, kPage);
    if (page.empty()) break;
    for (const Reader& reader : page) {
      const auto* theirs =
          messages::choose(campaign.contents, reader.locale, campaign.fallbackLanguage);
      if (!theirs || theirs->language != content.language) continue;
      channels::TemplateValues values;
      for (const auto& [name, source] : content.variables)
        values[name] = messages::resolve(source, reader.recipient);
      if (channels::render(found->what, values).tooLong()) ++tooLong;
    }
    after = page.back().customer;
  }
  if (tooLong > 0)
    problems.push_back({"template.too_long_for_some", "contents." + content.language,
                        "with the values of " + std::to_string(tooLong) +
                            " customers the filled-in text is longer than 1024 characters: shorten "
                            "their data or the template"});
}

std::string LaunchCheck::checkSender(const Campaign& campaign, Problems& problems) const {
  try {
    return senders_.get(campaign.sender)->sender.channel;
  } catch (const Error& e) {
    problems.push_back({"sender." + std::string(name(e.kind())), "sender_id",
                        std::string(e.what()) + (e.hint().empty() ? "" : ": " + e.hint())});
    return "whatsapp";
  }
}

void LaunchCheck::checkContent(db::Connection& connection, const Campaign& campaign,
                               const messages::Content& content, const std::string& channel,
                               Problems& problems) const {
  const std::string where = "contents." + content.language;
  const auto clip = videos::ClipRepository(connection).find(content.clip);
  if (!clip || clip->sha256 != content.clipSha256) {
    problems.push_back({"clip.missing", where, "the clip does not exist any more: choose another"});
  } else {
    if (auto problem = proof_.problem(*clip))
      problems.push_back({problem->code, where, problem->what});
    if (!clip->profile.starts_with(channel))
      problems.push_back(
          {"clip.profile", where,
           "the clip was made for \"" + clip->profile + "\": choose one made for " + channel});
  }
  const auto found = senders::TemplateRepository(connection)
                         .find(campaign.sender, content.templateName, content.templateLanguage);
  const std::string named = "\"" + content.templateName + "\" (" + content.templateLanguage + ")";
  // Where other languages can be sent, this one waits: see warnings().
  const bool waits = (!found || !found->usable()) && anyUsable(connection, campaign);
  if (!waits && !found)
    problems.push_back(
        {"template.missing", where,
         "the sender has no template " + named + ": sync its templates, or choose another"});
  else if (!waits && !found->usable())
    problems.push_back(
        {"template.not_approved", where,
         "template " + named + " is " + found->what.status + ", only APPROVED ones can be sent"});
  if (found) checkTemplate(content, found->what, problems);
}

bool LaunchCheck::anyUsable(db::Connection& connection, const Campaign& campaign) const {
  return !sendableLanguages(connection, campaign).empty();
}

void LaunchCheck::checkTemplate(const messages::Content& content, const channels::Template& of,
                                Problems& problems) const {
  const std::string where = "contents." + content.language;
  const auto problem = [&](const char* code, const std::string& what) {
    problems.push_back({std::string("template.") + code, where, what});
  };
  if (of.headerFormat != "VIDEO") problem("header", "the template has no video header");
  const std::vector<std::string> needed = of.bodyParameters();
  for (const std::string& name : needed)
    if (!content.variables.contains(name))
      problem("variable_missing", "variable {{" + name + "}} of the template has no value: set it");
  for (const auto& [name, source] : content.variables)
    if (std::ranges::find(needed, name) == needed.end())
      problem("variable_unknown", "the template has no variable {{" + name + "}}: remove it");
  if (channels::render(of, staticValues(content)).tooLong())
    problem("too_long", "the filled-in text is longer than 1024 characters: shorten the values");
  for (const channels::TemplateButton& button : of.buttons) {
    if (button.url.size() + kLongestSuffix > kLongestUrl)
      problem("url_length", "the address of the button \"" + button.text +
                                "\" is longer than 2000 characters: shorten it");
    if (button.needsUrlSuffix() && !button.url.starts_with(publicUrl_ + "/w/"))
      problem("url", "the button \"" + button.text + "\" does not lead to " + publicUrl_ +
                         "/w/: change the template, or http.public_url");
    if (button.type != "URL" && button.type != "QUICK_REPLY" && button.type != "PHONE_NUMBER")
      problem("button",
              "a button of type " + button.type + " cannot be filled in: use another template");
  }
  if (!namesOptOut(of))
    problem("opt_out",
            "the template does not say how to stop: add a quick reply \"Abmelden\" or a footer");
}

}  // namespace clipcourier::campaigns
