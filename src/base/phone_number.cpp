#include "base/phone_number.h"

// libphonenumber's headers trip our warnings; they are not ours to fix.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <phonenumbers/phonenumberutil.h>
#pragma GCC diagnostic pop

namespace clipcourier {

using i18n::phonenumbers::PhoneNumberUtil;

std::optional<PhoneNumber> PhoneNumber::parse(std::string_view text, std::string_view region) {
  if (text.size() > 64) return std::nullopt;  // longer than any number; spare the parser
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  i18n::phonenumbers::PhoneNumber number;
  if (util.Parse(std::string(text), std::string(region), &number) !=
          PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsValidNumber(number))
    return std::nullopt;
  std::string e164;
  util.Format(number, PhoneNumberUtil::E164, &e164);
  return PhoneNumber(std::move(e164));
}

std::string PhoneNumber::masked() const {
  return e164_.substr(0, 3) + "…" + e164_.substr(e164_.size() - 3);
}

}  // namespace clipcourier
