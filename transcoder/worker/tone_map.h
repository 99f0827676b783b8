#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/colour.h"

// HDR light (PQ, HLG) becomes a BT.709 picture on which skin and white look natural.
//
// Light up to a quarter of the reference white (203 cd/m², ITU-R BT.2408) stays as it is, brighter
// light is bent so that the reference white lands at 84 % of the signal and 1000 cd/m² at 100 %.
// Much of the bending works on each colour alone, so that highlights turn white as on film: bending
// that only kept the ratio of the colours would give clouds a blue tint, because HLG's logarithmic
// upper half makes a faint colour a strong one in linear light. The rest keeps skies blue.
// Colours that BT.709 does not have lose saturation, not hue.
namespace clipcourier::transcoder {

struct Rgb {
  double r = 0, g = 0, b = 0;
};

// One colour, exactly: non-linear R'G'B' of an HDR system to non-linear BT.709 R'G'B', 0..1 each.
// Borrows nothing; thread-safe.
Rgb toSdr(const Rgb& signal, AVColorTransferCharacteristic transfer, AVColorPrimaries primaries);

// Whole pictures, through a table of 65 x 65 x 65 exact colours with tetrahedral interpolation
// between them. The table is made once per process and system (about 0.1 s). Thread-safe.
class ToneMapper {
 public:
  ToneMapper(AVColorTransferCharacteristic transfer, AVColorPrimaries primaries);

  // `frame`: yuv444p10 with even sides, BT.2020's matrix, limited range. Gives yuv420p in BT.709
  // limited range, dithered, with the properties of `frame`.
  Frame map(const AVFrame& frame) const;

 private:
  typedef float Yuv [[gnu::vector_size(16)]];  // Y, Cb, Cr in 8-bit steps, and nothing
  using Table = std::vector<Yuv>;
  static Table makeTable(AVColorTransferCharacteristic transfer, AVColorPrimaries primaries);
  Yuv lookUp(int y, int cb, int cr) const;
  void mapRows(const AVFrame& from, AVFrame& to, int row) const;

  std::shared_ptr<const Table> table_;
};

}  // namespace clipcourier::transcoder
