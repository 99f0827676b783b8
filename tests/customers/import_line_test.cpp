#include "customers/import_line.h"

#include <sstream>

#include "base/error.h"
#include "customers/customer_input.h"
#include "customers/problem.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;

namespace {

const TimePoint kNow = fromMs(1'790'000'000'000);  // September 2026

std::vector<ImportLine> readFile(const std::string& text) {
  std::istringstream in(text);
  CsvReader reader(in);
  CsvRecord record;
  REQUIRE(reader.next(record));
  const ImportHeader header(record);
  std::vector<ImportLine> lines;
  while (reader.next(record)) lines.push_back(readLine(header, record, "DE", kNow));
  return lines;
}

ImportLine readOne(const std::string& header, const std::string& line) {
  const auto lines = readFile(header + "\n" + line + "\n");
  REQUIRE(lines.size() == 1);
  return lines[0];
}

// "column:code" of the only problem.
std::string problemOf(const std::string& header, const std::string& line) {
  const auto read = readOne(header, line);
  if (read.problems.empty()) return "";
  CHECK(read.problems.size() == 1);
  CHECK(read.problems[0].line == 2);
  CHECK(std::string(problemText(read.problems[0].code).code) == read.problems[0].code);
  return read.problems[0].column + ":" + read.problems[0].code;
}

std::vector<std::string> headerFaults(const std::string& header) {
  try {
    readFile(header + "\n");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::invalidInput);
    std::vector<std::string> codes;
    for (const auto& detail : e.details()) codes.push_back(detail.code + " " + detail.where);
    return codes;
  }
  return {};
}

const std::string kAll =
    "external_ref,name,phone,email,locale,tags,attr.city,consent_channel,consent_purpose,"
    "consent_wording,consent_at,consent_source,consent_proof";

}  // namespace

TEST_CASE("a full line is read into its stored forms", "[customers]") {
  const auto line = readOne(
      kAll,
      "K-17, Anna Müller ,0170 1234567,Anna@Example.ORG,de_at,\"VIP|neu, vip\",Köln,"
      "whatsapp|email,Marketing,newsletter@2,2026-03-01T10:15:00+01:00,Webformular,Vorgang 17");
  CHECK(line.problems.empty());
  const CustomerData& c = line.customer;
  CHECK(c.externalRef == "K-17");
  CHECK(c.name == "Anna Müller");
  CHECK(c.identities == std::vector<Identity>{{IdentityKind::phone, "+491701234567"},
                                              {IdentityKind::email, "anna@example.org"}});
  CHECK(c.locale == "de-AT");
  CHECK(c.tags == std::vector<std::string>{"neu", "vip"});
  CHECK(c.attributes == Attributes{{"city", "Köln"}});
  REQUIRE(line.consent);
  CHECK(line.consent->channels == std::vector<std::string>{"email", "whatsapp"});
  CHECK(line.consent->purpose == "marketing");
  CHECK(toIso(*line.consent->at) == "2026-03-01T09:15:00.000Z");
  CHECK(line.consent->complete());
}

TEST_CASE("the columns may be German and in any order and case", "[customers]") {
  const auto line =
      readOne("E-Mail;Schlagwörter;KUNDENNUMMER;Merkmal.Groesse_cm;Telefon", "a@b.de;x;7;180;");
  CHECK(headerFaults("E-Mail;Merkmal.Größe_cm") ==
        std::vector<std::string>{"import.unknown_column column 2"});
  CHECK(line.problems.empty());
  CHECK(line.customer.externalRef == "7");
  CHECK(line.customer.attributes == Attributes{{"groesse_cm", "180"}});
}

TEST_CASE("every column that is unknown or there twice is named at once", "[customers]") {
  CHECK(headerFaults("name,Telefon,phone,shoe size,attr.a,attr.A,") ==
        std::vector<std::string>{"import.column_twice column 3", "import.unknown_column column 4",
                                 "import.column_twice column 6", "import.unknown_column column 7"});
  CHECK(headerFaults("name,locale") == std::vector<std::string>{"import.no_key_column "});
}

TEST_CASE("a bad value is told with its column and a code that has words", "[customers]") {
  CHECK(problemOf("phone,name", "12,x") == "phone:phone.invalid");
  CHECK(problemOf("Telefon", "+49 170 1234567 999999") == "Telefon:phone.invalid");
  CHECK(problemOf("email", "a@b") == "email:email.invalid");
  CHECK(problemOf("email", "a b@c.de") == "email:email.invalid");
  CHECK(problemOf("email", "\"a,b@c.de\"") == "email:email.invalid");
  CHECK(problemOf("email,locale", "a@b.de,Deutsch!") == "locale:locale.invalid");
  CHECK(problemOf("email,name", "a@b.de," + std::string(201, 'x')) == "name:text.too_long");
  CHECK(problemOf("email,name", "a@b.de,\"x\ny\"") == "name:text.control_character");
  CHECK(problemOf("email,tags", "a@b.de," + std::string(65, 't')) == "tags:tag.invalid");
  CHECK(problemOf("email,name", "a@b.de") == ":csv.field_count");
  CHECK(problemOf("email,name", "a@b.de,x,y") == ":csv.field_count");
  CHECK(problemOf("email,name", ",Anna") == ":customer.nobody");
  CHECK(problemOf("email,name", "a@b.de,M\xfcller") == "name:csv.not_utf8");
  CHECK(problemOf("email,consent_channel,consent_purpose", "a@b.de,fax,marketing") ==
        "consent_channel:consent.channel_unknown");
  CHECK(problemOf("email,consent_channel,consent_purpose", "a@b.de,email,") ==
        "consent_purpose:consent.purpose_invalid");
  CHECK(problemOf("email,consent_at,consent_channel,consent_purpose",
                  "a@b.de,2026-03-01 10:15,email,marketing") == "consent_at:consent.at_no_zone");
  CHECK(problemOf("email,consent_at,consent_channel,consent_purpose",
                  "a@b.de,2030-03-01,email,marketing") == "consent_at:consent.at_future");
}

TEST_CASE("consent without its proof is not complete, and without a channel only told",
          "[customers]") {
  CHECK_FALSE(readOne("email,consent_channel,consent_purpose", "a@b.de,email,marketing")
                  .consent->complete());
  const auto line = readOne("email,consent_proof", "a@b.de,Vorgang 17");
  CHECK_FALSE(line.consent);
  REQUIRE(line.problems.size() == 1);
  CHECK(line.problems[0].code == "consent.no_channel");
  CHECK_FALSE(line.refused());
}

TEST_CASE("a point in time needs its zone, a date stands for its beginning", "[customers]") {
  const auto iso = [](std::string_view text) {
    const auto parsed = parseTime(text);
    return parsed.at ? toIso(*parsed.at) : parsed.fault;
  };
  CHECK(iso("2026-02-28") == "2026-02-28T00:00:00.000Z");
  CHECK(iso("2024-02-29T23:59:59.1239-02:30") == "2024-03-01T02:29:59.123Z");
  CHECK(iso("2026-03-01 10:15 +0100") == "2026-03-01T09:15:00.000Z");
  CHECK(iso("2026-03-01T10:15Z") == "2026-03-01T10:15:00.000Z");
  CHECK(iso("2026-03-01T10:15:00") == "consent.at_no_zone");
  for (const char* bad : {"", "01.03.2026", "2026-02-29", "2026-13-01", "2026-03-01T", "1889-01-01",
                          "2026-03-01T24:00Z", "2026-03-01T10:15:60Z", "2026-03-01T10:15:00.Z",
                          "2026-03-01T10:15:00Zx", "2026-03-01T10:15:00+99:00", "99999-01-01"})
    CHECK(iso(bad) == "consent.at_invalid");
}

TEST_CASE("a customer's data is refused with every mistake at once", "[customers]") {
  CustomerData data;
  data.name = std::string(300, 'x');
  data.identities = {
      {IdentityKind::phone, "1"}, {IdentityKind::email, "a@b.de"}, {IdentityKind::email, "c@d.de"}};
  data.tags = {"ok", "not ok"};
  try {
    cleanCustomer(data, "DE");
    FAIL("accepted");
  } catch (const Error& e) {
    std::string codes;
    for (const auto& detail : e.details()) codes += detail.where + ":" + detail.code + " ";
    CHECK(codes ==
          "name:text.too_long identities.phone:phone.invalid "
          "identities.email:identity.twice tags:tag.invalid ");
  }
}
