#pragma once

#include <string>
#include <vector>

namespace clipcourier::channels {

struct ReplyButton {
  std::string id;     // comes back when it is tapped
  std::string title;  // at most 20 characters
};

struct SharedContact {
  std::string name, phone;  // phone as "+49..."
};

// A free message inside the 24 hours after a person last wrote to us. What a kind does not need
// stays empty.
struct SessionMessage {
  enum class Kind { text, video, image, document, audio, contacts, replyButtons, urlButton };
  Kind kind = Kind::text;
  std::string to;                    // "+491701234567"; may be empty when `recipient` is there
  std::string recipient;             // business-scoped user id; used only when `to` is empty
  std::string text;                  // the text, the caption, or what stands above the buttons
  std::string mediaId;               // of the four kinds of files
  std::string fileName;              // documents: how the phone shows it
  std::string footer;                // below buttons; may be empty
  std::vector<ReplyButton> buttons;  // one to three
  std::string url, urlLabel;         // urlButton
  std::vector<SharedContact> contacts;
  std::string answers;  // provider's id of the message it answers; may be empty
  std::string opaque;   // comes back in every status; at most 512 bytes, no personal data
};

}  // namespace clipcourier::channels
