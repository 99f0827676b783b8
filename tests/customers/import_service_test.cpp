#include "customers/import_service.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "base/error.h"
#include "customers/fixture.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::customers;
using namespace std::chrono_literals;

namespace {

const std::string kHeader =
    "external_ref,name,phone,email,locale,tags,attr.city,consent_channel,consent_purpose,"
    "consent_wording,consent_at,consent_source,consent_proof\n";

// One import of some text, with what came of it.
struct Importing : Fixture {
  using Fixture::Fixture;

  std::string path(const std::string& text) {
    const std::string file = folder.path() / "customers.csv";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  ImportId add(const std::string& text, bool dryRun = false) {
    const Import inspected = service().inspect(path(text), dryRun);
    return database->write([&](db::Transaction& tx) { return service().add(tx, inspected); });
  }
  Import import(const std::string& text, bool dryRun = false) {
    last = add(text, dryRun);
    return service().run(last, actor);
  }
  ImportService service() { return ImportService(*database, consents, clock, settings); }

  // "line:column:code" of each.
  std::vector<std::string> problems() {
    std::vector<std::string> all;
    for (const auto& [number, p] : service().problems(last, 0, 100))
      all.push_back(std::to_string(p.line) + ":" + p.column + ":" + p.code);
    return all;
  }
  CustomerId byPhone(const std::string& phone) {
    const auto found = customers.findByIdentity(IdentityKind::phone, phone);
    REQUIRE(found);
    return found->id;
  }

  TempFolder folder;
  ImportSettings settings;
  ImportId last;
};

std::string counts(const Import& import) {
  const ImportCounts& c = import.counts;
  std::string text;
  for (const auto n : {c.created, c.updated, c.unchanged, c.consentsGiven, c.keptWithdrawn,
                       c.unproven, c.badLines})
    text += (text.empty() ? "" : " ") + std::to_string(n);
  return text;
}

std::string person(int i) {
  const std::string n = std::to_string(100'000 + i);
  return "r" + n + ",Person " + n + ",+49170" + "1" + n + ",p" + n +
         "@muster.de,de,a|b,Köln,whatsapp,marketing,newsletter@1,2026-03-01T10:00:00Z,Formular," +
         "Vorgang " + n + "\n";
}

std::string people(int count) {
  std::string text = kHeader;
  for (int i = 0; i < count; ++i) text += person(i);
  return text;
}

}  // namespace

TEST_CASE("a file makes customers with consents, and again changes nothing", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  const Import first = f.import(people(120));
  CHECK(first.state == ImportState::done);
  CHECK(counts(first) == "120 0 0 120 0 0 0");
  CHECK(f.state(f.byPhone("+491701100007")) == "given");
  const Customer one = f.customers.get(f.byPhone("+491701100007"));
  CHECK(one.name == "Person 100007");
  CHECK(one.externalRef == "r100007");
  CHECK(one.tags == std::vector<std::string>{"a", "b"});
  CHECK(one.attributes == Attributes{{"city", "Köln"}});
  CHECK(counts(f.import(people(120))) == "0 0 120 0 0 0 0");
  CHECK(f.count("customers") == 120);
  CHECK(f.count("consent_ledger") == 120);
  CHECK(f.verify(50).whole());
  const Import stored = f.service().get(first.id);
  CHECK(counts(stored) == counts(first));
  CHECK(stored.bytesDone == stored.bytesTotal);
}

TEST_CASE("existing customers are updated by ref or by address", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567");
  const Import updated = f.import(
      "kundennummer;telefon;e-mail;sprache;schlagworte;attr.city\n"
      "K-1;0170 1234567;anna@muster.de;de;neu;Köln\n");
  CHECK(counts(updated) == "0 1 0 0 0 0 0");
  // The ref finds her now, and the new number replaces the old one; empty cells take nothing away.
  CHECK(counts(f.import("external_ref,phone,tags,name\nK-1,0170 7654321,vip,\n")) ==
        "0 1 0 0 0 0 0");
  const Customer now = f.customers.get(anna);
  CHECK(now.identities == std::vector<Identity>{{IdentityKind::phone, "+491707654321"},
                                                {IdentityKind::email, "anna@muster.de"}});
  CHECK(now.name == "Anna Müller");
  CHECK(now.tags == std::vector<std::string>{"neu", "vip"});
  CHECK(now.version == 3);
}

TEST_CASE("an import never revives a withdrawn consent", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.import(people(3));
  const CustomerId gone = f.byPhone("+491701100001"), all = f.byPhone("+491701100002");
  f.withdraw(gone, f.clock.now() - 10min);
  f.withdraw(all, f.clock.now() - 10min, "*", "*");
  std::string later = people(3);
  for (std::size_t at; (at = later.find("2026-03-01T10:00:00Z")) != std::string::npos;)
    later.replace(at, 20, toIso(f.clock.now()));
  const Import again = f.import(later);
  CHECK(counts(again) == "0 0 3 1 2 0 0");
  CHECK(f.problems() == std::vector<std::string>{"3:consent_channel:consent.kept_withdrawn",
                                                 "4:consent_channel:consent.kept_withdrawn"});
  CHECK(f.state(gone) == "withdrawn");
  CHECK(f.state(all) == "withdrawn");
  CHECK(f.verify().whole());
}

TEST_CASE("without proof the customer is imported and the consent is not", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  const std::string rest = ",x,,,,,,whatsapp,marketing,";
  const Import import =
      f.import(kHeader + "a" + rest + "newsletter@1,2026-03-01,Formular,\n" +  //
               "b" + rest + "newsletter@9,2026-03-01,Formular,V 1\n" +         //
               "c" + rest + "nothing,2026-03-01,Formular,V 1\n" +              //
               "d" + rest + ",2026-03-01,Formular,V 1\n" +                     //
               "e" + rest + "newsletter@1/de,,Formular,V 1\n" +                //
               "f,x,,,,,,sms,marketing,newsletter@1/de,2026-03-01,Formular,V 1\n" +
               "g,x,,,,,,whatsapp,survey,newsletter@1/de,2026-03-01,Formular,V\n" + "h" + rest +
               "newsletter@1,2026-03-01,Formular,V 1\n");
  CHECK(counts(import) == "8 0 0 1 0 7 0");
  CHECK(f.problems() ==
        std::vector<std::string>{
            "2:consent_channel:consent.unproven", "3:consent_wording:consent.wording_unknown",
            "4:consent_wording:consent.wording_unknown", "5:consent_channel:consent.unproven",
            "6:consent_channel:consent.unproven", "7:consent_wording:consent.wording_mismatch",
            "8:consent_wording:consent.wording_mismatch"});
  CHECK(f.count("consents") == 1);
  CHECK(
      counts(f.import(kHeader + "h,x,,,en,,,whatsapp,marketing,newsletter@1,2026-03-01,F,V 1\n"
                                "e,x,,,,,,whatsapp|email,marketing,newsletter@1/de,2026-03-01,F,V "
                                "1\n")) == "0 1 1 2 0 0 0");
}

TEST_CASE("bad lines are told and the good ones imported", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  const CustomerId anna = f.addCustomer("0170 1234567"), ben = f.addCustomer("0170 7654321");
  f.customers.change(
      ben, {}, [](CustomerData& d) { d.externalRef = "B-1"; }, f.actor);
  const Import import = f.import(
      "external_ref,phone,name\n"
      "x1,0170 1000001,good\n"
      "x2,nonsense,bad\n"
      "x3,\"open,bad\n"
      "x1,,twice by ref\n"
      "x4,0170 1000001,twice by phone\n"
      "B-1,0170 1234567,two people\n"
      "B-2,0170 7654321,another ref\n"
      "x5,0170 1000002,M\xfcller\n"
      "\n"
      ",,\n"
      "x6,0170 1000006,gr\xc3\xbcn\n");
  CHECK(counts(import) == "2 0 0 0 0 0 7");
  CHECK(f.problems() ==
        std::vector<std::string>{"3:phone:phone.invalid", "4:phone:csv.open_quote",
                                 "5::line.duplicate", "6::line.duplicate", "7::line.two_customers",
                                 "8:external_ref:line.other_ref", "9:name:csv.not_utf8"});
  const auto told = f.service().problems(f.last, 0, 10);
  CHECK(told[2].problem.otherLine == 2);
  CHECK(told[4].problem.customerIds == std::vector<std::int64_t>{anna.value, ben.value});
  CHECK(f.service().problems(f.last, 5, 10).size() == 2);
  CHECK(
      toText(told[2].problem, "de") ==
      "line 5: line.duplicate (line 2): Derselbe Kunde steht schon in einer früheren Zeile dieser "
      "Datei; die gilt. Bitte eine entfernen.");
}

TEST_CASE("a customer who stands in the file under two names is taken once", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.settings.maxChunkLines = 10;
  f.import("external_ref,phone\nA,0170 1000001\n");
  std::string text = "external_ref,phone\nA,\n";
  for (int i = 0; i < 200; ++i) text += "x" + std::to_string(i) + ",\n";
  CHECK(counts(f.import(text + ",0170 1000001\n")) == "200 0 1 0 0 0 1");
  CHECK(f.problems() == std::vector<std::string>{"203::line.duplicate"});
}

TEST_CASE("a dry run counts and reports the same, and changes nothing", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.addCustomer("+491701100003");
  const std::string text = people(130) + "x,,bad,,,,,,,,,,\n" + person(5);
  const Import dry = f.import(text, true);
  CHECK(counts(dry) == "129 1 0 130 0 0 2");
  CHECK(f.problems().size() == 2);
  CHECK(f.count("customers") == 1);
  CHECK(f.count("consents") == 0);
  CHECK(counts(f.import(text)) == counts(dry));
  CHECK(f.verify().whole());
}

TEST_CASE("a file that is no UTF-8 CSV with known columns is refused as a whole", "[customers]") {
  Importing f(db::Engine::sqlite);
  const auto code = [&](const std::string& text) {
    try {
      f.add(text);
    } catch (const Error& e) {
      CHECK_FALSE(e.hint().empty());
      return e.code();
    }
    return std::string("accepted");
  };
  CHECK(code("") == "import.empty");
  CHECK(code("\n\n") == "import.empty");
  CHECK(code("name,phone\nM\xfcller,1\n") == "import.not_utf8");
  CHECK(code(std::string("\xff\xfen\0", 4)) == "import.utf16");
  CHECK(code("name,shoe\n") == "import.columns");
  CHECK(code("\"name,phone\nx,y\n") == "csv.open_quote");
  CHECK(code(std::string(100'000, 'x')) == "csv.line_too_long");
  CHECK_THROWS_AS(f.service().inspect("/nonexistent/file.csv", false), Error);
  CHECK(f.count("imports") == 0);
}

TEST_CASE("an import killed between any two lines goes on where it was", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.settings.maxChunkLines = 30;
  const ImportId id = f.add(people(400));
  f.database.close();
  for (int kill = 0; kill < 3; ++kill) {
    const pid_t child = fork();
    if (child == 0) {
      db::Database database(f.database.settings());
      int chunks = 0;
      ImportService(database, f.consents, f.clock, f.settings).run(id, f.actor, [&](const Import&) {
        if (++chunks == 3) raise(SIGKILL);
        return true;
      });
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
  }
  db::Database database(f.database.settings());
  const ImportService service(database, f.consents, f.clock, f.settings);
  CHECK(service.get(id).linesDone > 60);
  CHECK(service.get(id).linesDone < 400);
  const Import done = service.run(id, f.actor);
  CHECK(counts(done) == "400 0 0 400 0 0 0");
  CHECK(counts(service.get(id)) == counts(done));
  CHECK(ConsentVerifier(database, f.keys).verify().whole());
}

TEST_CASE("two workers on one import cannot both write", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.settings.maxChunkLines = 30;
  const ImportId id = f.add(people(300));
  bool first = true;
  CHECK_THROWS_AS(f.service().run(id, f.actor,
                                  [&](const Import&) {
                                    if (first) {
                                      first = false;
                                      f.service().run(id, f.actor);
                                    }
                                    return true;
                                  }),
                  Error);
  CHECK(counts(f.service().get(id)) == "300 0 0 300 0 0 0");
}

TEST_CASE("only so many problems are kept, and all are counted", "[customers]") {
  Importing f(GENERATE(values(kBothEngines)));
  f.settings.keptProblems = 25;
  std::string text = "phone\n";
  for (int i = 0; i < 90; ++i) text += "bad\n";
  CHECK(counts(f.import(text)) == "0 0 0 0 0 0 90");
  CHECK(f.problems().size() == 25);
}
