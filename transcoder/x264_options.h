#pragma once

#include <optional>
#include <string>

// Which options of x264 a profile may set. No libx264 here.
namespace clipcourier::transcoder {

// Takes "aq-mode=1 ref=3" and puts "aq-mode=1:ref=3" into `target`, as the encoder wants it;
// answers what is wrong, or nothing. Options that are the planner's or the pipeline's (rates, size,
// threads, frame types) are not taken.
std::optional<std::string> readX264Options(const std::string& text, std::string& target);

}  // namespace clipcourier::transcoder
