#pragma once

#include <string>
#include <vector>

#include "http/csv.h"
#include "tracking/campaign_report.h"
#include "tracking/message_export.h"

// The tables of a campaign as CSV. Column names are the same in every language; words are in the
// language asked for, "de" or "en".
namespace clipcourier::http {

// `part` is one of "funnel", "reasons", "taps", "time_to_read", "watch_through"; "" gives all.
std::string reportCsv(const tracking::CampaignReport& report, const std::string& part,
                      const std::string& language, const CsvFormat& format);

// How the rows of a message table are written.
struct MessageColumns {
  bool personal = false;  // with name, address and id of the customer; else only `pseudonymKey`
  std::string pseudonymKey;
  std::string channel, language;
};
std::vector<std::string> messageHeader(const MessageColumns& columns);
std::vector<std::string> messageCells(const tracking::ExportedMessage& message,
                                      const MessageColumns& columns);

}  // namespace clipcourier::http
