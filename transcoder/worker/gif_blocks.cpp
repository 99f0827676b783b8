#include "transcoder/worker/gif_blocks.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::uint8_t kExtension = 0x21, kImage = 0x2c, kTrailer = 0x3b;
constexpr std::uint8_t kGraphicControl = 0xf9, kApplication = 0xff, kComment = 0xfe;

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  std::optional<GifBlocks> parse() {
    if (!bytes_.starts_with("GIF89a") && !bytes_.starts_with("GIF87a")) return std::nullopt;
    at_ = 6;
    blocks_.width = little();
    blocks_.height = little();
    const int flags = byte();
    at_ += 2;
    skipPalette(flags);
    while (good_) {
      const int kind = byte();
      if (!good_) break;
      if (kind == kTrailer) return std::move(blocks_);
      if (kind == kImage)
        image();
      else if (kind == kExtension)
        extension();
      else
        good_ = false;
    }
    return std::nullopt;
  }

 private:
  int byte() {
    if (at_ >= bytes_.size()) {
      good_ = false;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  int little() {
    const int low = byte();
    return low | byte() << 8;
  }
  void skipPalette(int flags) {
    if (flags & 0x80) at_ += std::size_t{3} << ((flags & 7) + 1);
  }
  // The data of the sub-blocks up to the empty one.
  std::string subBlocks() {
    std::string data;
    for (int size = byte(); good_ && size > 0; size = byte()) {
      if (at_ + static_cast<std::size_t>(size) > bytes_.size()) {
        good_ = false;
        break;
      }
      if (data.size() < 1'024) data.append(bytes_.substr(at_, static_cast<std::size_t>(size)));
      at_ += static_cast<std::size_t>(size);
    }
    return data;
  }
  void image() {
    at_ += 8;
    skipPalette(byte());
    byte();  // bits of a code
    subBlocks();
    if (good_) blocks_.images.push_back({delayMs_, at_});
    delayMs_ = 0;
  }
  void extension() {
    const int label = byte();
    const std::string data = subBlocks();
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(data[i]); };
    if (label == kGraphicControl && data.size() >= 4)
      delayMs_ = 10 * (at(1) | at(2) << 8);
    else if (label == kApplication && data.starts_with("NETSCAPE2.0") && data.size() == 14)
      blocks_.loops = at(12) | at(13) << 8;
    else
      blocks_.others.push_back(label == kComment       ? "comment"
                               : label == kApplication ? "application data"
                                                       : "extension");
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
  int delayMs_ = 0;
  GifBlocks blocks_;
};

}  // namespace

std::optional<GifBlocks> parseGif(std::string_view bytes) { return Parser(bytes).parse(); }

}  // namespace clipcourier::transcoder
