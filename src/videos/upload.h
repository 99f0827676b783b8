#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/actor.h"
#include "base/byte_size.h"
#include "base/clock.h"
#include "base/id.h"
#include "videos/ingest_service.h"

namespace clipcourier::videos {

// uploading: more bytes are to come, or all are here and their video is about to be made.
enum class UploadState { uploading, done, expired };
std::string_view name(UploadState state);

// A video on its way, over as many requests as it takes.
struct Upload {
  std::string id;  // 32 hexadecimal digits, not to be guessed
  Actor owner;     // only kind and id
  UploadState state = UploadState::uploading;
  UploadInfo info;       // checked
  std::string metadata;  // as the client sent it
  ByteSize length, offset;
  VideoId video;  // when done
  TimePoint createdAt, expiresAt;

  bool complete() const { return offset == length; }
};

}  // namespace clipcourier::videos
