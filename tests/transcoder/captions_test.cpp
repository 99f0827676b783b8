#include "transcoder/captions.h"

#include "base/error.h"
#include "support/catch.h"
#include "transcoder/srt.h"
#include "transcoder/webvtt.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

std::vector<ErrorDetail> mistakesIn(const std::string& text, const std::string& format) {
  try {
    parseCaptions(text, format);
  } catch (const CaptionError& error) {
    REQUIRE(error.mistakes().size() == error.details().size());
    for (const CaptionMistake& each : error.mistakes()) {
      CHECK(each.what.de.size() > 5);
      CHECK(each.what.de != each.what.en);
    }
    CHECK(error.kind() == ErrorKind::invalidInput);
    CHECK(error.code() == "captions.invalid");
    REQUIRE_FALSE(error.details().empty());
    return error.details();
  }
  return {};
}

Caption only(const std::vector<Caption>& captions) {
  REQUIRE(captions.size() == 1);
  return captions[0];
}

Caption srt(const std::string& text) {
  return only(parseSrt("1\n00:00:01,000 --> 00:00:02,000\n" + text + "\n"));
}

Caption vtt(const std::string& settings, const std::string& text = "Hallo") {
  return only(parseWebVtt("WEBVTT\n\n00:01.000 --> 00:02.000 " + settings + "\n" + text + "\n"));
}

using Align = CaptionPlace::Align;

}  // namespace

TEST_CASE("SRT captions are read with any line ends", "[transcoder]") {
  const std::string end = GENERATE(as<std::string>{}, "\n", "\r\n", "\r");
  const std::string mark = GENERATE(as<std::string>{}, "", "\xEF\xBB\xBF");
  const auto captions = parseSrt(mark + "1" + end + "00:00:01,500 --> 00:00:02,750" + end +
                                 "Grüße aus Köln," + end + "schöne Straße!" + end + end + "2" +
                                 end + "01:00:00,000 --> 01:00:04,000" + end + "Zwei" + end);
  REQUIRE(captions.size() == 2);
  CHECK(captions[0].startMs == 1500);
  CHECK(captions[0].endMs == 2750);
  CHECK(plainText(captions[0]) == "Grüße aus Köln,\nschöne Straße!");
  CHECK(captions[1].startMs == 3'600'000);
  CHECK(plainText(captions[1]) == "Zwei");
}

TEST_CASE("SRT as editors really write it is understood", "[transcoder]") {
  SECTION("missing numbers and hours, dots, spaces, short fractions") {
    const auto captions =
        parseSrt("\n\n00:01.5 -->  00:02,25  \nEins\n 1:00:03.000-->1:00:04\nZwei");
    REQUIRE(captions.size() == 2);
    CHECK(captions[0].startMs == 1500);
    CHECK(captions[0].endMs == 2250);
    CHECK(captions[1].endMs == 3'604'000);
  }
  SECTION("empty lines inside a text and none between captions") {
    const auto captions =
        parseSrt("1\n00:01,0 --> 00:02,0\nEins\n\nnoch eins\n2\n00:02,0 --> 00:03,0\n1999\n");
    REQUIRE(captions.size() == 2);
    CHECK(plainText(captions[0]) == "Eins\nnoch eins");
    CHECK(plainText(captions[1]) == "1999");
  }
  SECTION("out of order") {
    const auto captions = parseSrt("1\n00:05,0 --> 00:06,0\nb\n\n2\n00:01,0 --> 00:02,0\na\n");
    REQUIRE(captions.size() == 2);
    CHECK(plainText(captions[0]) == "a");
  }
  SECTION("captions without text or time are left out") {
    const auto captions = parseSrt(
        "1\n00:01,0 --> 00:02,0\n \n\n2\n00:03,0 --> 00:03,0\nx\n\n3\n00:04,0 --> 00:05,0\nda\n");
    CHECK(plainText(only(captions)) == "da");
  }
}

TEST_CASE("tags of captions become styles and the rest of them goes", "[transcoder]") {
  CHECK(srt("a <i>b</i> <b>c <i>d</i></b>").spans == std::vector<CaptionSpan>{{"a ", false, false},
                                                                              {"b", false, true},
                                                                              {" ", false, false},
                                                                              {"c ", true, false},
                                                                              {"d", true, true}});
  CHECK(plainText(srt("<font color=\"red\">rot</font> und <u>unten</u>")) == "rot und unten");
  CHECK(plainText(srt("1 < 2 und 3 > 2, <3 <i>x")) == "1 < 2 und 3 > 2, <3 x");
  CHECK(plainText(srt("{\\an8}{\\b1}oben")) == "oben");
  CHECK(plainText(srt("Sie sagte {leise}: nein")) == "Sie sagte {leise}: nein");
  CHECK(plainText(vtt("", "<v Anna>Hallo <c.gelb>du</c></v> <00:01.500>da<lang de>!</lang>")) ==
        "Hallo du da!");
  CHECK(plainText(vtt("", "a < b ohne Ende")) == "a < b ohne Ende");
}

TEST_CASE("entities of captions become their characters", "[transcoder]") {
  CHECK(plainText(srt("Tom &amp; J&uuml;rgen &lt;3 &#8364; &#x20AC; &nbsp;x")) ==
        "Tom & Jürgen <3 € € \u00A0x");
  CHECK(plainText(srt("&unknown; &#0; &#xD800; &#99999999999; & &;")) ==
        "&unknown; &#0; &#xD800; &#99999999999; & &;");
}

TEST_CASE("other scripts come through unchanged", "[transcoder]") {
  const std::string text = "مرحبا بالعالم\nשלום עולם\nΚαλημέρα\nПривет";
  CHECK(plainText(srt(text)) == text);
}

TEST_CASE("SRT's marks for the place are understood", "[transcoder]") {
  CHECK(srt("{\\an8}x").place == CaptionPlace{Align::centre, {}, 0});
  CHECK(srt("{\\an1}x").place == CaptionPlace{Align::left, {}, {}});
  CHECK(srt("{\\an6}x").place == CaptionPlace{Align::right, {}, 45});
  CHECK(srt("{\\an0}x").place == CaptionPlace{});
  CHECK(srt("{\\pos(10,10)}x").place == CaptionPlace{});
}

TEST_CASE("WebVTT cues are read with identifiers, notes and styles", "[transcoder]") {
  const auto captions = parseWebVtt(
      "WEBVTT - Beispiel\nKind: captions\n\nNOTE das ist\nkeine Zeile\n\nSTYLE\n::cue { color: red "
      "}\n\nREGION\nid:fred\n\nerste\n00:01.000 --> 00:02.000\nEins\nzwei\n\n"
      "01:00:00.000 --> 01:00:01.500 align:start\nDrei\n");
  REQUIRE(captions.size() == 2);
  CHECK(captions[0].startMs == 1000);
  CHECK(plainText(captions[0]) == "Eins\nzwei");
  CHECK(captions[1].endMs == 3'601'500);
  CHECK(captions[1].place.align == Align::left);
}

TEST_CASE("WebVTT settings say where a cue stands", "[transcoder]") {
  CHECK(vtt("align:end").place == CaptionPlace{Align::right, {}, {}});
  CHECK(vtt("position:20% align:left line:10%").place == CaptionPlace{Align::left, 20, 10});
  CHECK(vtt("position:33.3%,line-left").place == CaptionPlace{Align::centre, 33, {}});
  CHECK(vtt("line:0").place == CaptionPlace{Align::centre, {}, 0});
  CHECK(vtt("line:-1").place == CaptionPlace{});
  CHECK(vtt("line:-16").place == CaptionPlace{Align::centre, {}, 0});
  CHECK(vtt("line:99999999999 position:101% size:50% vertical:rl align:x nonsense").place ==
        CaptionPlace{});
  CHECK(vtt("position:50% align:center").place == CaptionPlace{});
}

TEST_CASE("what is wrong with captions is named by line", "[transcoder]") {
  const auto [format, text, line] = GENERATE(table<std::string, std::string, std::string>({
      {"srt", "1\n00:00:01,000 -> 00:00:02,000\nx\n", "line 2"},
      {"srt", "1\n00:00:01,000 --> gleich\nx\n", "line 2"},
      {"srt", "1\n00:61:00,000 --> 00:62:00,000\nx\n", "line 2"},
      {"srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:09,0 --> 00:00:03,0\ny\n", "line 6"},
      {"srt", "1\n00:00:01,000 --> 00:00:02,000\nsch\xF6n\n", "line 3"},
      {"srt", std::string("1\n00:00:01,000 --> 00:00:02,000\na\0b\n", 35), "line 3"},
      {"srt",
       "\xFF\xFE"
       "1\n",
       "line 1"},
      {"srt", "WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", "line 1"},
      {"srt", "", "line 1"},
      {"srt", "\n \n", "line 1"},
      {"srt", "99999999:00:00,000 --> 99999999:00:01,000\nx\n", "line 1"},
      {"webvtt", "", "line 1"},
      {"webvtt", "1\n00:01.000 --> 00:02.000\nx\n", "line 1"},
      {"webvtt", "WEBVTTX\n\n00:01.000 --> 00:02.000\nx\n", "line 1"},
      {"webvtt", "WEBVTT\n\n00:01.000 --> 2\nx\n", "line 3"},
      {"webvtt", "WEBVTT\n\nx\ny\n", "line 3"},
      {"webvtt", "WEBVTT\n", "line 1"},
  }));
  CAPTURE(text);
  const auto mistakes = mistakesIn(text, format);
  REQUIRE_FALSE(mistakes.empty());
  CHECK(mistakes[0].where == line);
  CHECK(mistakes[0].what.size() > 5);
}

TEST_CASE("captions that want too much are refused", "[transcoder]") {
  CHECK_FALSE(mistakesIn(std::string(kMaxCaptionBytes + 1, '1'), "srt").empty());
  CHECK_FALSE(
      mistakesIn("00:01,0 --> 00:02,0\n" + std::string(kMaxCaptionText + 1, 'x'), "srt").empty());
  for (const char* each : {"<", "{\\", "&", "<b>", "{\\an8}"}) {
    std::string text = "00:01,0 --> 00:02,0\n";
    while (text.size() < 1'000'000) text += each;
    CHECK_FALSE(mistakesIn(text, "srt").empty());
  }
  std::string many = "WEBVTT\n\n";
  for (std::size_t i = 0; i <= kMaxCaptions; ++i) many += "00:01.000 --> 00:02.000\nx\n\n";
  CHECK_FALSE(mistakesIn(many, "webvtt").empty());
  std::string bad;
  for (int i = 0; i < 1'000; ++i) bad += "-->\n";
  CHECK(mistakesIn(bad, "srt").size() == 20);
}
