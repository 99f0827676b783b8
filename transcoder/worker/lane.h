#pragma once

#include <exception>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "transcoder/worker/bounded_queue.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/muxer.h"
#include "transcoder/worker/stages.h"
#include "transcoder/worker/x264_encoder.h"

namespace clipcourier::transcoder {

// Thrown to a writer whose reader has given up; the reader's own error says why.
struct Abandoned {};

// What one rendition needs to be encoded. All of it is borrowed and must outlive the lane.
struct LaneSettings {
  const Profile& profile;
  const Plan& plan;
  int fd;
  const MuxTrack* sound;  // null: no sound
  Stages* stages;         // may be null
};

// One rendition on its way: in a thread of its own pictures are scaled, handed on to smaller
// renditions, encoded and written. Pictures come with their slot as time stamp, every slot once.
class Lane {
 public:
  explicit Lane(const LaneSettings& settings);
  ~Lane();  // gives up what is not finished, and waits for the thread
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Before start(): `smaller` gets this lane's pictures instead of scaling from larger ones.
  // Borrowed; it must be started and joined with this one.
  void feeds(Lane& smaller) { smaller_.push_back(&smaller); }
  void start();

  // From one thread; they wait for room. Throw Abandoned.
  void picture(Frame picture);
  void sound(Packet packet);  // does not wait: sound is small
  void finish();              // nothing more comes

  void abandon() { queue_.abandon(); }
  void join();  // after finish() or abandon()
  // What went wrong in the thread, after join(); null when nothing did.
  std::exception_ptr error() const { return error_; }

  const Plan& plan() const { return settings_.plan; }
  std::optional<Quality> quality() const { return encoder_.quality(); }  // after join()
  double starved() const { return encoder_.starved(); }

 private:
  using Item = std::variant<Frame, Packet>;
  void run();
  void take(Frame picture);
  Frame scaled(Frame picture);

  LaneSettings settings_;
  X264Encoder encoder_;
  Muxer muxer_;
  std::vector<Lane*> smaller_;
  std::optional<FilterGraph> scaler_;
  BoundedQueue<Item> queue_;
  std::thread thread_;
  std::exception_ptr error_;
};

}  // namespace clipcourier::transcoder
