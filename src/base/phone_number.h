#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clipcourier {

// A possible and valid number in E.164 ("+491701234567"). It only comes from parse(), so one that
// exists is valid by libphonenumber's numbering plans.
class PhoneNumber {
 public:
  // `region` (ISO 3166, "DE") is used when the text has no country code. None when not valid.
  static std::optional<PhoneNumber> parse(std::string_view text, std::string_view region = "DE");

  const std::string& e164() const noexcept { return e164_; }
  // For logs and lists that must not show the number: "+49…567".
  std::string masked() const;
  friend bool operator==(const PhoneNumber&, const PhoneNumber&) = default;

 private:
  explicit PhoneNumber(std::string e164) : e164_(std::move(e164)) {}
  std::string e164_;
};

}  // namespace clipcourier
