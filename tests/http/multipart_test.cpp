#include "http/multipart.h"

#include <algorithm>

#include "base/error.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::http;

namespace {

// Gives its text in pieces of a fixed size, as a network would.
struct Pieces : ByteSource {
  Pieces(std::string t, std::size_t p) : text(std::move(t)), piece(p) {}
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t count = std::min({size, piece, text.size() - at});
    std::copy_n(text.data() + at, count, to);
    at += count;
    return count;
  }
  std::string text;
  std::size_t piece, at = 0;
};

std::string part(const std::string& disposition, const std::string& content) {
  return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

std::string readAll(ByteSource& source) {
  std::string all;
  char buffer[7];
  while (const std::size_t count = source.read(buffer, sizeof buffer)) all.append(buffer, count);
  return all;
}

// Reads the whole form; its parts as "name/file/content" lines.
std::string readForm(const std::string& form, std::size_t piece) {
  Pieces body(form, piece);
  MultipartReader reader(body, "XX");
  std::string lines;
  while (auto* p = reader.next()) lines += p->name + '/' + p->fileName + '/' + readAll(*p) + '\n';
  return lines;
}

std::string codeOf(const std::string& form) {
  try {
    readForm(form, 5);
    return "accepted";
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a form gives the same parts however the network cuts it", "[http]") {
  const std::string tricky =
      "\r\n--X\r\n--XY"
      "\r\n-\r\r\n--";  // almost boundaries
  const std::string content = tricky.substr(0, 5) + "\r\r\n-\r\n--Xx" + std::string(3'000, '\r');
  const std::string form = part("name=\"title\"", "Grüße") +
                           part("name=\"file\"; filename=\"a b.mp4\"", content) +
                           part("name=\"empty\"", "") + "--XX--\r\n";
  const std::string expected = "title//Grüße\nfile/a b.mp4/" + content + "\nempty//\n";
  for (std::size_t piece : {1, 2, 3, 7, 64, 1000, 100'000}) {
    INFO(piece);
    CHECK(readForm(form, piece) == expected);
  }
}

TEST_CASE("a form without its closing boundary is truncated, wherever it ends", "[http]") {
  const std::string form =
      part("name=\"a\"", "one") + part("name=\"b\"; filename=\"b\"", "two") + "--XX--";
  for (std::size_t length = 0; length < form.size(); ++length) {
    INFO(length);
    CHECK(codeOf(form.substr(0, length)) == "request.truncated");
  }
  CHECK(codeOf(form) == "accepted");
}

TEST_CASE("a part that is not read is skipped", "[http]") {
  Pieces body(part("name=\"a\"; filename=\"x\"", std::string(200'000, 'x')) +
                  part("name=\"b\"", "2") + "--XX--",
              1'000);
  MultipartReader reader(body, "XX");
  REQUIRE(reader.next());
  auto* second = reader.next();
  REQUIRE(second);
  CHECK(second->text() == "2");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.next());
}

TEST_CASE("an empty form has no parts", "[http]") { CHECK(readForm("--XX--\r\n", 3).empty()); }

TEST_CASE("malformed forms are refused", "[http]") {
  const std::vector<std::string> forms = {
      "--XX\r\n\r\nno name\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
      "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; "
      "name=\"b\"\r\n\r\nx\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\neA==\r\n--XX--",
      "--XX\r\nX: " + std::string(10'000, 'x') + "\r\n\r\nx\r\n--XX--",
      "--XXtra\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XX--",
      std::string(20'000, 'p') + "\r\n" + part("name=\"a\"", "x") + "--XX--",
      part("name=\"a\"", "x") + "--XX--" + std::string(20'000, 'e'),
      [] {
        std::string many;
        for (int i = 0; i < 101; ++i) many += part("name=\"a\"", "x");
        return many + "--XX--";
      }(),
  };
  for (const std::string& form : forms) {
    INFO(form.substr(0, 120));
    CHECK(codeOf(form) == "request.bad_multipart");
  }
}

TEST_CASE("a file name is only a name", "[http]") {
  CHECK(safeFileName("C:\\films\\Übersicht.mp4") == "Übersicht.mp4");
  CHECK(safeFileName("../../etc/passwd") == "passwd");
  CHECK(safeFileName("..") == "upload");
  CHECK(safeFileName("a\r\nb\x01.mp4") == "ab.mp4");
  CHECK(safeFileName("\xff\xfe") == "upload");
  CHECK(safeFileName("") == "upload");
  CHECK(safeFileName(std::string(500, 'a')).size() == 200);
  CHECK(
      readForm(part("name=\"f\"; filename=\"x\"; filename*=UTF-8''na%C3%AFve.mp4", "1") + "--XX--",
               9) == "f/naïve.mp4/1\n");
  CHECK(readForm(part("name=\"f\"; filename=\"a\\\"b;c.mp4\"", "1") + "--XX--", 9) ==
        "f/a\"b;c.mp4/1\n");
}
