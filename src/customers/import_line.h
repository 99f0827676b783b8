#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "customers/consent.h"
#include "customers/csv_reader.h"
#include "customers/customer.h"

// From a line of a customer file to what it means. Pure: no database.
namespace clipcourier::customers {

// Something to tell about one line. It never holds the value itself.
struct ImportProblem {
  std::int64_t line = 0;
  std::string column;   // as the file's header writes it; empty when it is about the whole line
  std::string code;     // problemText(code) says it in words
  bool refused = true;  // nothing of the line was imported; otherwise all but the consent was
  std::int64_t otherLine = 0;             // of line.duplicate
  std::vector<std::int64_t> customerIds;  // of line.two_customers and line.other_ref
};

enum class ImportColumn {
  externalRef,
  name,
  phone,
  email,
  locale,
  tags,
  attribute,
  consentChannel,
  consentPurpose,
  consentWording,
  consentAt,
  consentSource,
  consentProof,
};

// What each column of the file is.
class ImportHeader {
 public:
  // Column names may be German or English, in any order and case. Throws Error(invalidInput) with a
  // detail for each column that is unknown or there twice, and when no column says who it is about.
  explicit ImportHeader(const CsvRecord& record);

  struct Column {
    ImportColumn is;
    std::string title;      // as the file writes it
    std::string attribute;  // its name, for an attribute
  };
  const std::vector<Column>& columns() const { return columns_; }
  const std::string& title(ImportColumn column) const;  // empty when the file has none

 private:
  std::vector<Column> columns_;
};

struct ImportConsent {
  std::vector<std::string> channels;
  std::string purpose;
  std::string wording;  // "name@version" or "name@version/language"
  std::optional<TimePoint> at;
  std::string source, proof;
  // Nothing that the law wants is missing.
  bool complete() const { return at && !wording.empty() && !source.empty() && !proof.empty(); }
};

struct ImportLine {
  std::int64_t line = 0;
  CustomerData customer;  // a missing value means: leave what is there
  std::optional<ImportConsent> consent;
  std::vector<ImportProblem> problems;
  bool refused() const;
};

// `now` is what a consent must not be later than; `region` as in cleanIdentity().
ImportLine readLine(const ImportHeader& header, const CsvRecord& record, const std::string& region,
                    TimePoint now);

// "2026-03-01T10:15:00+01:00", also with a space, without seconds, or the date alone (then its
// first moment in UTC). The fault is consent.at_invalid or consent.at_no_zone.
struct ParsedTime {
  std::optional<TimePoint> at;
  std::string fault;
};
ParsedTime parseTime(std::string_view text);

bool isChannel(std::string_view name);
bool isPurpose(std::string_view name);

}  // namespace clipcourier::customers
