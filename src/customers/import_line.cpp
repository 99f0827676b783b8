#include "customers/import_line.h"

#include <algorithm>

#include "base/text.h"
#include "customers/customer_input.h"

namespace clipcourier::customers {
namespace {

constexpr std::size_t kProofBytes = 2'000;
constexpr Millis kClockSlack{5 * 60 * 1000};

std::vector<std::string> listed(std::string_view text) {
  std::string parts(text);
  std::ranges::replace_if(
      parts, [](char c) { return c == '|' || c == ';' || c == ' ' || c == '\t'; }, ',');
  auto all = text::split(parts, ',');
  std::erase_if(all, [](const std::string& part) { return part.empty(); });
  return all;
}

// Reads one line's fields; each method takes the fields of one kind of column.
class LineReader {
 public:
  LineReader(ImportLine& line, const std::string& region, TimePoint now)
      : line_(line), region_(region), now_(now) {}

  void read(const ImportHeader::Column& column, const std::string& field) {
    title_ = &column.title;
    const std::string trimmed = text::trim(field);
    if (trimmed.empty()) return;
    if (column.is < ImportColumn::consentChannel)
      readCustomer(column, trimmed);
    else
      readConsent(column, trimmed);
  }

  void finish(const ImportHeader& header) {
    CustomerData& customer = line_.customer;
    std::ranges::sort(customer.identities);
    title_ = &header.columns().front().title;
    if (line_.problems.empty() && !customer.externalRef && customer.identities.empty())
      problem("customer.nobody", "");
    if (customer.tags.size() > limit::kTags)
      problem("tags.too_many", header.title(ImportColumn::tags));
    if (!consentSeen_) return;
    if (consent_.channels.empty() && consent_.purpose.empty())
      problem("consent.no_channel", header.title(ImportColumn::consentChannel), false);
    else if (consent_.channels.empty())
      problem("consent.channel_unknown", header.title(ImportColumn::consentChannel));
    else if (consent_.purpose.empty())
      problem("consent.purpose_invalid", header.title(ImportColumn::consentPurpose));
    else
      line_.consent = std::move(consent_);
  }

 private:
  void problem(const std::string& code, const std::string& column, bool refused = true) {
    line_.problems.push_back({line_.line, column, code, refused, 0, {}});
  }

  std::string take(Checked<std::string> checked) {
    if (!checked.ok()) problem(checked.fault, *title_);
    return std::move(checked.value);
  }

  void identity(IdentityKind kind, const std::string& field) {
    auto checked = cleanIdentity(kind, field, region_);
    if (checked.ok())
      line_.customer.identities.push_back({kind, std::move(checked.value)});
    else
      problem(checked.fault, *title_);
  }

  void readCustomer(const ImportHeader::Column& column, const std::string& field) {
    CustomerData& customer = line_.customer;
    switch (column.is) {
      case ImportColumn::externalRef:
        customer.externalRef = take(cleanText(field, limit::kRefBytes));
        break;
      case ImportColumn::name: customer.name = take(cleanText(field, limit::kNameBytes)); break;
      case ImportColumn::phone: identity(IdentityKind::phone, field); break;
      case ImportColumn::email: identity(IdentityKind::email, field); break;
      case ImportColumn::locale: customer.locale = take(cleanLocale(field)); break;
      case ImportColumn::tags:
        for (const std::string& tag : listed(field)) customer.tags.push_back(take(cleanTag(tag)));
        std::ranges::sort(customer.tags);
        customer.tags.erase(std::ranges::unique(customer.tags).begin(), customer.tags.end());
        break;
      default:
        customer.attributes[column.attribute] = take(cleanText(field, limit::kAttributeBytes));
    }
  }

  void readConsent(const ImportHeader::Column& column, const std::string& field) {
    consentSeen_ = true;
    switch (column.is) {
      case ImportColumn::consentChannel: readChannels(field); break;
      case ImportColumn::consentPurpose:
        consent_.purpose = text::lower(field);
        if (!isPurpose(consent_.purpose)) problem("consent.purpose_invalid", *title_);
        break;
      case ImportColumn::consentWording:
        consent_.wording = take(cleanText(field, limit::kNameBytes));
        break;
      case ImportColumn::consentAt: readTime(field); break;
      case ImportColumn::consentSource:
        consent_.source = take(cleanText(field, kProofBytes));
        break;
      default: consent_.proof = take(cleanText(field, kProofBytes));
    }
  }

  void readChannels(const std::string& field) {
    consent_.channels = listed(text::lower(field));
    std::ranges::sort(consent_.channels);
    consent_.channels.erase(std::ranges::unique(consent_.channels).begin(),
                            consent_.channels.end());
    if (!std::ranges::all_of(consent_.channels, isChannel))
      problem("consent.channel_unknown", *title_);
  }

  void readTime(const std::string& field) {
    const ParsedTime parsed = parseTime(field);
    if (!parsed.at)
      problem(parsed.fault, *title_);
    else if (*parsed.at > now_ + kClockSlack)
      problem("consent.at_future", *title_);
    consent_.at = parsed.at;
  }

  ImportLine& line_;
  const std::string& region_;
  TimePoint now_;
  const std::string* title_ = nullptr;
  ImportConsent consent_;
  bool consentSeen_ = false;
};

// Takes digits from the front of `text`; none when there are fewer.
std::optional<int> takeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool takeChar(std::string_view& text, std::string_view anyOf) {
  if (text.empty() || anyOf.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<TimePoint> takeDate(std::string_view& text) {
  namespace ch = std::chrono;
  const auto y = takeNumber(text, 4);
  if (!y || !takeChar(text, "-")) return std::nullopt;
  const auto m = takeNumber(text, 2);
  if (!m || !takeChar(text, "-")) return std::nullopt;
  const auto d = takeNumber(text, 2);
  if (!d) return std::nullopt;
  const ch::year_month_day date{ch::year(*y), ch::month(static_cast<unsigned>(*m)),
                                ch::day(static_cast<unsigned>(*d))};
  if (!date.ok() || *y < 1990) return std::nullopt;
  return TimePoint(ch::sys_days(date));
}

std::optional<Millis> takeTimeOfDay(std::string_view& text) {
  const auto h = takeNumber(text, 2);
  if (!h || !takeChar(text, ":")) return std::nullopt;
  const auto m = takeNumber(text, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  Millis time = std::chrono::hours(*h) + std::chrono::minutes(*m);
  if (!takeChar(text, ":")) return time;
  const auto s = takeNumber(text, 2);
  if (!s || *s > 59) return std::nullopt;
  time += std::chrono::seconds(*s);
  if (!takeChar(text, ".,")) return time;
  int place = 100, digits = 0;
  for (; digits < 9; ++digits, place /= 10) {
    const auto digit = takeNumber(text, 1);
    if (!digit) break;
    time += Millis(*digit * place);
  }
  if (digits == 0) return std::nullopt;
  return time;
}

std::optional<Millis> takeOffset(std::string_view& text) {
  if (takeChar(text, "Zz")) return Millis(0);
  const bool west = text.starts_with('-');
  if (!takeChar(text, "+-")) return std::nullopt;
  const auto h = takeNumber(text, 2);
  takeChar(text, ":");
  const auto m = takeNumber(text, 2);
  if (!h || !m || *h > 14 || *m > 59) return std::nullopt;
  const Millis offset = std::chrono::hours(*h) + std::chrono::minutes(*m);
  return west ? -offset : offset;
}

}  // namespace

bool isChannel(std::string_view name) {
  constexpr std::string_view known[] = {"whatsapp", "email", "sms", "rcs", "telegram"};
  return std::ranges::find(known, name) != std::end(known);
}

bool isPurpose(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool ImportLine::refused() const { return std::ranges::any_of(problems, &ImportProblem::refused); }

ImportLine readLine(const ImportHeader& header, const CsvRecord& record, const std::string& region,
                    TimePoint now) {
  ImportLine line;
  line.line = record.line;
  const auto& columns = header.columns();
  if (!record.fault.empty()) {
    const bool named = record.faultField > 0 && record.faultField <= columns.size();
    line.problems.push_back({record.line,
                             named ? columns[record.faultField - 1].title : "",
                             record.fault,
                             true,
                             0,
                             {}});
    return line;
  }
  if (record.fields.size() != columns.size()) {
    line.problems.push_back({record.line, "", "csv.field_count", true, 0, {}});
    return line;
  }
  LineReader reader(line, region, now);
  for (std::size_t i = 0; i < columns.size(); ++i) reader.read(columns[i], record.fields[i]);
  reader.finish(header);
  return line;
}

ParsedTime parseTime(std::string_view text) {
  const ParsedTime invalid{std::nullopt, "consent.at_invalid"};
  const auto date = takeDate(text);
  if (!date) return invalid;
  if (text.empty()) return {date, ""};
  if (!takeChar(text, "Tt ")) return invalid;
  const auto time = takeTimeOfDay(text);
  if (!time) return invalid;
  takeChar(text, " ");
  if (text.empty()) return {std::nullopt, "consent.at_no_zone"};
  const auto offset = takeOffset(text);
  if (!offset || !text.empty()) return invalid;
  return {*date + *time - *offset, ""};
}

}  // namespace clipcourier::customers
