#include "transcoder/worker/badge.h"

#include <algorithm>
#include <cmath>

namespace clipcourier::transcoder {
namespace {

constexpr double kDiscOpacity = 0.62, kRimOpacity = 0.9;
constexpr int kBlack = 16, kWhite = 235, kNoColour = 128;

struct Point {
  double x, y;
};

// Distances from edges, negative inside, in parts of the disc's radius.
double toDisc(Point p) { return std::hypot(p.x, p.y) - 1; }

double toLine(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  return ((p.x - a.x) * dy - (p.y - a.y) * dx) / std::hypot(dx, dy);
}

// The triangle points right; its centre of mass is that of the disc.
double toTriangle(Point p) {
  constexpr double kSize = 0.50, kRound = 0.07;
  const Point top{-0.5 * kSize, -0.866 * kSize}, tip{kSize, 0}, bottom{-0.5 * kSize, 0.866 * kSize};
  const Point corners[3] = {top, tip, bottom};
  double inside = -10, outside = 10;
  for (int i = 0; i < 3; ++i) {
    const Point a = corners[i], b = corners[(i + 1) % 3];
    inside = std::max(inside, toLine(p, a, b));
    const double length = std::pow(b.x - a.x, 2) + std::pow(b.y - a.y, 2);
    const double t =
        std::clamp(((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length, 0.0, 1.0);
    outside =
        std::min(outside, std::hypot(p.x - a.x - t * (b.x - a.x), p.y - a.y - t * (b.y - a.y)));
  }
  return (inside <= 0 ? -outside : outside) - kRound;
}

// How much of a pixel a shape covers; `pixel`: its size in parts of the radius.
double covered(double distance, double pixel) {
  return std::clamp(0.5 - distance / pixel, 0.0, 1.0);
}

double mix(double under, double over, double share) { return under + (over - under) * share; }

struct Layers {
  double disc, rim, triangle;
};

Layers layersAt(Point p, double pixel) {
  const double disc = toDisc(p);
  return {covered(disc, pixel) * kDiscOpacity,
          covered(std::abs(disc + 0.035) - 0.035, pixel) * kRimOpacity,
          covered(toTriangle(p), pixel)};
}

void drawOn(AVFrame& picture, int plane, double radius) {
  const int shift = plane ? 1 : 0;
  const double r = radius / (1 << shift);
  const double centreX = picture.width / 2.0 / (1 << shift);
  const double centreY = picture.height / 2.0 / (1 << shift);
  const int bottom = std::min((picture.height + shift) >> shift, static_cast<int>(centreY + r + 2));
  const int right = std::min((picture.width + shift) >> shift, static_cast<int>(centreX + r + 2));
  for (int y = std::max(0, static_cast<int>(centreY - r - 2)); y < bottom; ++y)
    for (int x = std::max(0, static_cast<int>(centreX - r - 2)); x < right; ++x) {
      const Layers layers = layersAt({(x + 0.5 - centreX) / r, (y + 0.5 - centreY) / r}, 1 / r);
      std::uint8_t& value =
          picture.data[plane][static_cast<std::ptrdiff_t>(y) * picture.linesize[plane] + x];
      double mixed = mix(value, plane ? kNoColour : kBlack, layers.disc);
      mixed = mix(mixed, plane ? kNoColour : kWhite, layers.rim);
      mixed = mix(mixed, plane ? kNoColour : kWhite, layers.triangle);
      value = static_cast<std::uint8_t>(std::lround(mixed));
    }
}

}  // namespace

Frame withBadge(const AVFrame& picture) {
  Frame result = share(picture);
  check(av_frame_make_writable(result.get()), "badge");
  const double radius = std::max(4.0, 0.16 * std::min(picture.width, picture.height));
  for (int plane = 0; plane < 3; ++plane) drawOn(*result, plane, radius);
  return result;
}

}  // namespace clipcourier::transcoder
