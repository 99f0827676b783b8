#include "customers/customer_input.h"

#include <algorithm>

#include "base/phone_number.h"
#include "base/text.h"
#include "customers/problem.h"

namespace clipcourier::customers {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isAlpha(char c) { return isLower(c) || (c >= 'A' && c <= 'Z'); }
bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool isDigits(std::string_view s) { return std::ranges::all_of(s, isDigit); }

Checked<std::string> good(std::string value) { return {std::move(value), ""}; }
Checked<std::string> bad(std::string fault) { return {"", std::move(fault)}; }

Checked<std::string> cleanPhone(std::string_view text, std::string_view region) {
  const auto number = PhoneNumber::parse(text, region);
  return number ? good(number->e164()) : bad("phone.invalid");
}

// A WhatsApp id is the digits of a phone number, which need not be one that the plans know.
Checked<std::string> cleanWhatsapp(std::string text) {
  if (text.starts_with('+')) text.erase(0, 1);
  return isDigits(text) && text.size() >= 7 && text.size() <= 15 ? good(text)
                                                                 : bad("whatsapp.invalid");
}

Checked<std::string> cleanBsuid(const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return isAlpha(c) || isDigit(c) || c == '.' || c == '_' || c == '-'; });
  return plain && !text.empty() && text.size() <= 150 ? good(text) : bad("bsuid.invalid");
}

Checked<std::string> cleanTelegram(const std::string& text) {
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  return isDigits(digits) && !digits.empty() && digits.size() <= 19 ? good(text)
                                                                    : bad("telegram.invalid");
}

bool isDomain(std::string_view domain) {
  const auto labels = text::split(domain, '.');
  const auto isLabel = [](const std::string& label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) {
             return isAlpha(c) || isDigit(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
           });
  };
  return labels.size() >= 2 && domain.size() <= 253 && std::ranges::all_of(labels, isLabel);
}

// No attempt at RFC 5322's quoted parts and comments: nobody's address looks like that.
Checked<std::string> cleanEmail(const std::string& text) {
  const std::size_t at = text.find('@');
  const std::string_view local = std::string_view(text).substr(0, at);
  const bool plain = std::ranges::none_of(local, [](char c) {
    return isControl(c) || std::string_view(" \"(),:;<>@[\\]").find(c) != std::string_view::npos;
  });
  const bool dots =
      local.starts_with('.') || local.ends_with('.') || local.find("..") != std::string_view::npos;
  if (at == std::string::npos || local.empty() || local.size() > 64 || !plain || dots ||
      !isDomain(std::string_view(text).substr(at + 1)) || !text::isUtf8(text))
    return bad("email.invalid");
  return good(text::lower(text));
}

// Gathers what is wrong with each field while the good values go on.
struct Gathered {
  std::vector<ErrorDetail> details;

  std::string take(Checked<std::string> checked, const std::string& where) {
    if (!checked.ok()) details.push_back({checked.fault, where, problemText(checked.fault).en});
    return std::move(checked.value);
  }
  void add(const std::string& code, const std::string& where) {
    details.push_back({code, where, problemText(code).en});
  }
};

std::vector<Identity> cleanIdentities(const std::vector<Identity>& input, std::string_view region,
                                      Gathered& faults) {
  std::vector<Identity> identities;
  for (const Identity& identity : input) {
    const std::string where = "identities." + std::string(name(identity.kind));
    identities.push_back(
        {identity.kind, faults.take(cleanIdentity(identity.kind, identity.value, region), where)});
  }
  std::ranges::sort(identities);
  const auto twice = std::ranges::adjacent_find(identities, {}, &Identity::kind);
  if (twice != identities.end())
    faults.add("identity.twice", "identities." + std::string(name(twice->kind)));
  return identities;
}

std::vector<std::string> cleanTags(const std::vector<std::string>& input, Gathered& faults) {
  std::vector<std::string> tags;
  for (const std::string& tag : input) tags.push_back(faults.take(cleanTag(tag), "tags"));
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
  if (tags.size() > limit::kTags) faults.add("tags.too_many", "tags");
  return tags;
}

Attributes cleanAttributes(const Attributes& input, Gathered& faults) {
  Attributes attributes;
  std::size_t bytes = 0;
  for (const auto& [key, value] : input) {
    const std::string cleanKey = faults.take(cleanAttributeName(key), "attributes");
    attributes[cleanKey] =
        faults.take(cleanText(value, limit::kAttributeBytes), "attributes." + cleanKey);
    bytes += key.size() + value.size();
  }
  if (attributes.size() > limit::kAttributes || bytes > limit::kAttributesBytes)
    faults.add("attributes.too_many", "attributes");
  return attributes;
}

}  // namespace

Checked<std::string> cleanIdentity(IdentityKind kind, std::string_view text,
                                   std::string_view region) {
  const std::string trimmed = text::trim(text);
  switch (kind) {
    case IdentityKind::phone: return cleanPhone(trimmed, region);
    case IdentityKind::whatsapp: return cleanWhatsapp(trimmed);
    case IdentityKind::bsuid: return cleanBsuid(trimmed);
    case IdentityKind::email: return cleanEmail(trimmed);
    case IdentityKind::telegram: return cleanTelegram(trimmed);
  }
  return bad("identity.unknown_kind");
}

Checked<std::string> cleanText(std::string_view text, std::size_t maxBytes) {
  std::string trimmed = text::trim(text);
  if (!text::isUtf8(trimmed)) return bad("csv.not_utf8");
  if (std::ranges::any_of(trimmed, isControl)) return bad("text.control_character");
  return trimmed.size() <= maxBytes ? good(std::move(trimmed)) : bad("text.too_long");
}

Checked<std::string> cleanLocale(std::string_view text) {
  const std::string trimmed = text::trim(text);
  if (trimmed.empty()) return good("");
  const std::size_t cut = trimmed.find_first_of("-_");
  const auto language = text::language(trimmed);
  if (!language) return bad("locale.invalid");
  if (cut == std::string::npos) return good(*language);
  std::string region = trimmed.substr(cut + 1);
  const bool plain = region.size() == 2 && std::ranges::all_of(region, isAlpha);
  if (!plain) return bad("locale.invalid");
  for (char& c : region)
    if (isLower(c)) c = static_cast<char>(c - 'a' + 'A');
  return good(*language + "-" + region);
}

Checked<std::string> cleanTag(std::string_view text) {
  const std::string tag = text::lower(text::trim(text));
  const bool plain = std::ranges::none_of(tag, [](char c) {
    return isControl(c) || std::string_view(" ,;|\"'\\").find(c) != std::string_view::npos;
  });
  return plain && !tag.empty() && tag.size() <= limit::kTagBytes && text::isUtf8(tag)
             ? good(tag)
             : bad("tag.invalid");
}

Checked<std::string> cleanAttributeName(std::string_view text) {
  const std::string key = text::lower(text::trim(text));
  const bool plain = std::ranges::all_of(
      key, [](char c) { return isLower(c) || isDigit(c) || c == '_' || c == '.' || c == '-'; });
  return plain && !key.empty() && key.size() <= limit::kAttributeNameBytes
             ? good(key)
             : bad("attribute.invalid_name");
}

CustomerData cleanCustomer(const CustomerData& input, std::string_view region) {
  Gathered faults;
  CustomerData clean;
  if (input.externalRef) {
    clean.externalRef =
        faults.take(cleanText(*input.externalRef, limit::kRefBytes), "external_ref");
    if (clean.externalRef->empty()) clean.externalRef.reset();
  }
  clean.name = faults.take(cleanText(input.name, limit::kNameBytes), "name");
  clean.locale = faults.take(cleanLocale(input.locale), "locale");
  clean.identities = cleanIdentities(input.identities, region, faults);
  clean.tags = cleanTags(input.tags, faults);
  clean.attributes = cleanAttributes(input.attributes, faults);
  if (!clean.externalRef && clean.identities.empty()) faults.add("customer.nobody", "identities");
  if (!faults.details.empty())
    throw Error(ErrorKind::invalidInput, "the customer's data has mistakes",
                "correct the fields named in details and send it again", "customer.invalid")
        .with(std::move(faults.details));
  return clean;
}

}  // namespace clipcourier::customers
