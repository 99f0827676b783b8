// Captions drawn into pictures: what is drawn, where, and in which colours.

#include "transcoder/worker/caption_painter.h"

#include "support/catch.h"
#include "transcoder/drawn_picture.h"
#include "transcoder/srt.h"
#include "transcoder/webvtt.h"
#include "transcoder/worker/caption_layout.h"
#include "transcoder/worker/fonts.h"
#include "transcoder/worker/padding.h"
#include "transcoder/worker/yuv.h"

using namespace clipcourier;
using namespace clipcourier::transcoder;

namespace {

struct Ink {  // where pixels differ from the background
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
  std::int64_t count = 0;
  bool any() const { return count > 0; }
};

Ink inkOf(const AVFrame& frame, std::uint32_t background) {
  Ink ink;
  const int luma = toYuv(background).y;
  for (int y = 0; y < frame.height; ++y)
    for (int x = 0; x < frame.width; ++x) {
      if (std::abs(frame.data[0][y * frame.linesize[0] + x] - luma) < 12) continue;
      ink.left = std::min(ink.left, x);
      ink.right = std::max(ink.right, x);
      ink.top = std::min(ink.top, y);
      ink.bottom = std::max(ink.bottom, y);
      ++ink.count;
    }
  return ink;
}

constexpr std::uint32_t kGray = 0x606060;

Frame drawnAt(const std::vector<Caption>& captions, std::int64_t ms, int width = 720,
              int height = 1280) {
  loadFonts();
  Frame frame = plainPicture(width, height, kGray);
  CaptionPainter(captions, width, height).paint(*frame, ms);
  return frame;
}

std::vector<Caption> saying(const std::string& text) {
  return parseSrt("00:01,000 --> 00:03,000\n" + text + "\n");
}

std::vector<Caption> cue(const std::string& settings, const std::string& text = "Hallo") {
  return parseWebVtt("WEBVTT\n\n00:01.000 --> 00:03.000 " + settings + "\n" + text + "\n");
}

}  // namespace

TEST_CASE("captions are shown in their time only", "[transcoder]") {
  const auto captions = saying("Grüße aus Köln");
  CHECK_FALSE(inkOf(*drawnAt(captions, 999), kGray).any());
  CHECK(inkOf(*drawnAt(captions, 1000), kGray).any());
  CHECK(inkOf(*drawnAt(captions, 2999), kGray).any());
  CHECK_FALSE(inkOf(*drawnAt(captions, 3000), kGray).any());
  CaptionPainter painter(captions, 720, 1280);
  CHECK(painter.nextChange(0) == 1000);
  CHECK(painter.nextChange(1000) == 3000);
  CHECK(painter.nextChange(3000) == INT64_MAX);
}

TEST_CASE("captions stay inside the safe margins of every shape", "[transcoder]") {
  const auto [width, height] = GENERATE(
      table<int, int>({{720, 1280}, {1280, 720}, {720, 720}, {576, 720}, {480, 270}, {136, 240}}));
  const auto captions = saying(
      "Dies ist ein ziemlich langer Untertitel, der auf keinem Telefon in eine einzige Zeile "
      "passt");
  for (const std::int64_t ms : {1100, 2900}) {
    const Frame frame = drawnAt(captions, ms, width, height);
    const Ink ink = inkOf(*frame, kGray);
    CAPTURE(width, height, ms, ink.left, ink.right, ink.top, ink.bottom);
    REQUIRE(ink.any());
    CHECK(ink.left >= width * 3 / 100);
    CHECK(ink.right <= width * 97 / 100);
    CHECK(ink.bottom <= height * 97 / 100);
    CHECK(ink.top >= height / 2);
    CHECK(std::abs(ink.left - (width - ink.right)) <= width * 3 / 100);  // in the middle
  }
}

TEST_CASE("letters are white with a dark outline and leave no tint", "[transcoder]") {
  loadFonts();
  Frame frame = plainPicture(720, 1280, 0xffffff);
  CaptionPainter(saying("IIII"), 720, 1280).paint(*frame, 1500);
  const Ink outline = inkOf(*frame, 0xffffff);
  REQUIRE(outline.count > 300);  // readable on white, too
  int darkest = 255, whitest = 0, tint = 0;
  for (int y = outline.top; y <= outline.bottom; ++y)
    for (int x = outline.left; x <= outline.right; ++x) {
      const int luma = frame->data[0][y * frame->linesize[0] + x];
      darkest = std::min(darkest, luma);
      whitest = std::max(whitest, luma);
      tint = std::max(tint, std::abs(frame->data[1][y / 2 * frame->linesize[1] + x / 2] - 128));
    }
  CHECK(darkest < 50);
  CHECK(whitest >= 230);
  CHECK(tint <= 2);
}

TEST_CASE("every promised script has its letters", "[transcoder]") {
  const std::string text = GENERATE(as<std::string>{}, "Fußgängerübergänge ÄÖÜ €", "Καλημέρα κόσμε",
                                    "Привет, мир! Ґанок", "مرحبا بالعالم 123", "שלום עולם 123",
                                    "Zażółć gęślą jaźń", "Tiếng Việt", "Crème brûlée – „so“ … ♪");
  loadFonts();
  CAPTURE(text);
  CaptionPainter painter(saying(text), 720, 1280);
  CHECK(painter.missingCharacters() == 0);
  Frame frame = plainPicture(720, 1280, kGray);
  painter.paint(*frame, 1500);
  CHECK(inkOf(*frame, kGray).count > 1'500);
}

TEST_CASE("a text that runs to the left keeps its direction on every line", "[transcoder]") {
  loadFonts();
  const FontMetrics metrics(loadedFonts());
  const auto events =
      layOut(saying("שלום עולם, זה מבצע של 50% על כל המוצרים בחנות ABC שלנו"), 720, 1280, metrics)
          .events;
  REQUIRE_FALSE(events.empty());
  std::size_t marks = 0, lines = 1;
  for (std::size_t at = 0; (at = events[0].markup.find("\u200F", at)) != std::string::npos; ++at)
    ++marks;
  for (std::size_t at = 0; (at = events[0].markup.find("\\N", at)) != std::string::npos; ++at)
    ++lines;
  CHECK(lines >= 2);
  CHECK(marks == lines);
}

TEST_CASE("characters without a font are left out and counted", "[transcoder]") {
  loadFonts();
  CaptionPainter painter(saying("a \xF3\xB0\x80\x80 b"), 720, 1280);
  CHECK(painter.missingCharacters() == 1);
}

TEST_CASE("what looks like markup is drawn as it was written", "[transcoder]") {
  const std::string text = GENERATE(as<std::string>{}, "{\\fs500}x", "x{\\pos(0,0)y", "a\\Nb\\hc",
                                    "{x} \\{y\\}", "\\\\{\\alpha&HFF&}weg");
  loadFonts();
  Caption caption{1000, 3000, {{text, false, false}}, {}};
  const Ink ink = inkOf(*drawnAt({caption}, 1500), kGray);
  CAPTURE(text, ink.top, ink.bottom);
  CHECK(ink.any());
  CHECK(ink.bottom - ink.top < 80);  // one line of normal size
  CHECK(ink.top > 1000);
}

TEST_CASE("cue settings move captions", "[transcoder]") {
  const auto middle = inkOf(*drawnAt(cue(""), 1500), kGray);
  const auto left = inkOf(*drawnAt(cue("align:start"), 1500), kGray);
  const auto right = inkOf(*drawnAt(cue("align:end"), 1500), kGray);
  const auto top = inkOf(*drawnAt(cue("line:0"), 1500), kGray);
  const auto third = inkOf(*drawnAt(cue("line:30%"), 1500), kGray);
  const auto low = inkOf(*drawnAt(cue("line:90%"), 1500), kGray);
  CHECK(left.left < middle.left);
  CHECK(right.right > middle.right);
  CHECK(top.bottom < 200);
  CHECK(third.top >= 1280 * 30 / 100 - 10);
  CHECK(third.bottom < 1280 * 40 / 100);
  CHECK(low.bottom == middle.bottom);
  const auto placed = inkOf(*drawnAt(cue("position:40% align:start"), 1500), kGray);
  CHECK(placed.left >= 720 * 39 / 100);
}

TEST_CASE("long texts come in steps that can be read", "[transcoder]") {
  loadFonts();
  const FontMetrics metrics(loadedFonts());
  std::string text;
  for (int i = 0; i < 60; ++i) text += "Wort" + std::to_string(i) + " ";
  const auto events = layOut(saying(text), 720, 1280, metrics).events;
  REQUIRE(events.size() >= 3);
  CHECK(events.front().startMs == 1000);
  CHECK(events.back().endMs == 3000);
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::size_t breaks = 0;
    for (std::size_t at = 0; (at = events[i].markup.find("\\N", at)) != std::string::npos; ++at)
      ++breaks;
    CHECK(breaks <= 2);
    if (i > 0) CHECK(events[i].startMs == events[i - 1].endMs);
  }
}

TEST_CASE("an endless word is cut, what two people say stays apart", "[transcoder]") {
  loadFonts();
  const FontMetrics metrics(loadedFonts());
  const auto lines =
      layOut(saying("- Kommst du heute Abend noch vorbei?\n- Nein."), 720, 1280, metrics).events;
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].markup.find("\\N- Nein.") != std::string::npos);
  const Ink ink =
      inkOf(*drawnAt(saying("https://example.org/" + std::string(80, 'w')), 1100), kGray);
  CHECK(ink.left >= 20);
  CHECK(ink.right <= 700);
}

TEST_CASE("captions for the eye", "[transcoder][.look]") {
  loadFonts();
  const auto captions = parseSrt(
      "00:00,000 --> 00:01,000\nGrüße aus Köln – <b>jetzt</b> 20 % günstiger!\n\n"
      "00:01,000 --> 00:02,000\nمرحبا بالعالم، اشتر 2 واحصل على iPhone مجانا اليوم فقط في "
      "متجرنا\n\n"
      "00:02,000 --> 00:03,000\nשלום עולם, זה מבצע של 50% על כל המוצרים בחנות ABC שלנו\n\n"
      "00:03,000 --> 00:04,000\nΚαλημέρα κόσμε, σήμερα όλα είναι μισή τιμή\n\n"
      "00:04,000 --> 00:05,000\nПривет, мир! <i>Сегодня</i> скидки на всё\n\n"
      "00:05,000 --> 00:06,000\n♪ Musik spielt ♪\n- Kommst du?\n- Ja, sofort!\n");
  const char* source = std::getenv("CLIPCOURIER_LOOK_SOURCE");
  REQUIRE(source);
  for (const char* shape : {"9:16", "16:9", "1:1"}) {
    Edits edits;
    edits.fit = Edits::Fit{shape, "crop", 50, 50, 0};
    const auto pictures_ = pictures(source, edits, 1280, 30);
    const AVFrame& film = *pictures_.back();
    CaptionPainter painter(captions, film.width, film.height);
    for (int i = 0; i < 6; ++i) {
      Frame frame = copyOf(film);
      painter.paint(*frame, i * 1000 + 500);
      std::string name = "caption-" + std::string(shape) + "-" + std::to_string(i);
      name[name.find(':')] = 'x';
      keepForTheEye(*frame, name);
    }
    Frame white = plainPicture(film.width, film.height, 0xffffff);
    painter.paint(*white, 500);
    std::string name = "caption-" + std::string(shape) + "-white";
    name[name.find(':')] = 'x';
    keepForTheEye(*white, name);
  }
}
