#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace clipcourier {

// A row id that cannot be mistaken for another table's: using VideoId = Id<struct VideoTag>.
template <class Tag>
struct Id {
  std::int64_t value = 0;
  friend auto operator<=>(const Id&, const Id&) = default;
};

// Named here because several modules speak of them without including each other.
using VideoId = Id<struct VideoTag>;
using ClipId = Id<struct ClipTag>;
using CustomerId = Id<struct CustomerTag>;
using SenderId = Id<struct SenderTag>;
using CampaignId = Id<struct CampaignTag>;
using MessageId = Id<struct MessageTag>;

}  // namespace clipcourier

template <class Tag>
struct std::hash<clipcourier::Id<Tag>> {
  std::size_t operator()(clipcourier::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
