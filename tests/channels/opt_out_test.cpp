#include "channels/opt_out.h"

#include "support/catch.h"

using namespace clipcourier::channels;

TEST_CASE("a word to stop is heard however it is dressed", "[channels]") {
  for (const char* text : {"STOP",
                           "stop",
                           "Stopp",
                           " StOpP \n",
                           "STOP.",
                           "Stop!!!",
                           "STOP 😡",
                           "🛑 STOP 🛑",
                           "🛑",
                           "\"Stop\"",
                           "„Stopp“",
                           "stop❗️",
                           "ABMELDEN",
                           "Abmelden!",
                           "bitte abmelden",
                           "Abmelden bitte",
                           "Ende",
                           "ENDE.",
                           "beenden",
                           "abbestellen",
                           "Unsubscribe",
                           "UNSUBSCRIBE ",
                           "opt-out",
                           "Opt Out",
                           "optout",
                           "please stop",
                           "STOP ALL",
                           "stop stop stop",
                           "Cancel",
                           "quit",
                           "end",
                           "Keine Werbung mehr!",
                           "keine nachrichten mehr",
                           "Newsletter abbestellen",
                           "Hör auf!",
                           "HÖR AUF",
                           "Ho\xCC\x88r auf",
                           "ＳＴＯＰ",
                           "st\xC2\xADop",
                           "\xE2\x80\x8BStop",
                           "\xC2\xA0stopp\xC2\xA0"}) {
    INFO(text);
    CHECK(isOptOut(text));
  }
}

TEST_CASE("a sentence that only holds such a word is a message", "[channels]") {
  for (const char* text : {"",
                           " ",
                           "!",
                           "👍",
                           "Can you stop by tomorrow?",
                           "stop sending so late",
                           "Am Ende gut",
                           "don't stop",
                           "nonstop",
                           "Bushaltestelle Stopp 4",
                           "1 stop",
                           "endlich",
                           "Wo kann ich mich abmelden?",
                           "стоп stop",
                           "bitte",
                           "danke",
                           "please",
                           "all",
                           "ich will mich nicht abmelden",
                           "Weekend",
                           "\xFF\xFE",
                           "\xC3"}) {
    INFO(text);
    CHECK_FALSE(isOptOut(text));
  }
  CHECK_FALSE(isOptOut("stop " + std::string(3'000'000, '!')));
}

TEST_CASE("our button is known by its payload and names its campaign", "[channels]") {
  CHECK(stopPayload(42) == "stop:c42");
  CHECK(isStopPayload(stopPayload(42)));
  CHECK_FALSE(isStopPayload("stopwatch"));
  CHECK_FALSE(isStopPayload(""));
  InboundMessage message;
  message.type = "button";
  message.payload = "stop:c7";
  message.text = "Kein Interesse";
  CHECK(asksToStop(message));
  message.payload = "more:c7";
  CHECK_FALSE(asksToStop(message));
  message.payload = message.text = "Abmelden";  // a button without a payload sends its label
  CHECK(asksToStop(message));
  message.type = "interactive";  // an answer in a dialogue, with an id of our own
  message.payload = "cancel-order";
  message.text = "Cancel";
  CHECK_FALSE(asksToStop(message));
  message.payload = stopPayload(1);
  CHECK(asksToStop(message));
}
