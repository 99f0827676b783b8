#pragma once

#include <cstdint>
#include <functional>

#include "transcoder/job.h"
#include "transcoder/worker/edit_painter.h"
#include "transcoder/worker/picture_maker.h"
#include "transcoder/worker/poster_finder.h"

namespace clipcourier::transcoder {

// Makes the clip's pictures (turned, in its colours, with its edits) in another size. `container`
// outlives the maker. Sizes are even, in the clip's shape.
using PictureMakerOf =
    std::function<PictureMaker(const AVCodecParameters& container, int width, int height)>;

// What the posters are taken from.
struct PosterScene {
  int sourceFd = -1;
  const Source& source;
  Stretch stretch;            // that becomes the clip
  int width = 0, height = 0;  // of the best clip, or of anything in its shape; as seen
  PictureMakerOf pictures;
  // Makes what draws on finished pictures at a time of the clip (microseconds). May be empty.
  std::function<std::function<void(AVFrame& picture, std::int64_t us)>()> drawing{};
};

// Finished pictures of a scene in one size. Not thread-safe.
class ScenePictures {
 public:
  ScenePictures(const PosterScene& scene, const AVCodecParameters& container, int longSide);
  Frame make(const FrameGrabber::Picture& picture);

 private:
  PictureMaker maker_;
  std::int64_t startUs_;
  std::function<void(AVFrame&, std::int64_t)> draw_;
};

// Seeks through the source and picks; within about a second also at 4K. Throws Refused (nothing
// decodes), Error.
Posters findPosters(const PosterScene& scene, const PictureOutputs& files);

// The same files from the moment a person chose (milliseconds of the clip); no candidates.
Posters posterAt(const PosterScene& scene, std::int64_t atMs, const PictureOutputs& files);

// The same files from a finished picture: yuv420p in BT.709 limited range. No candidates.
Posters writePosters(const AVFrame& picture, std::int64_t timeMs, const PictureOutputs& files);

// The scene of some work; `work`, `source` and `material` outlive it. Posters show the logo, moving
// pictures the captions and fades of their moments too; without material nothing is drawn.
PosterScene sceneOf(const Work& work, const Source& source, const Stretch& stretch,
                    const EditMaterial* material = nullptr);
PosterScene movingSceneOf(const Work& work, const Source& source, const Stretch& stretch,
                          const EditMaterial& material);

// What `work` wants of these: an own picture, a chosen moment, or the best one. Throws Refused.
Posters makePosters(const Work& work, const PosterScene& scene);

}  // namespace clipcourier::transcoder
