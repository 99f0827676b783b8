#include "transcoder/worker/caption_painter.h"

#include <ass/ass.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "transcoder/worker/blend.h"
#include "transcoder/worker/caption_layout.h"
#include "transcoder/worker/fonts.h"

namespace clipcourier::transcoder {
namespace {

constexpr std::uint32_t kWhite = 0xFFFFFF00, kShadow = 0x00000070;  // 0xRRGGBBTT, T: transparency
constexpr std::uint32_t kOutline = 0x00000010;

void saySomething(int, const char*, va_list, void*) {}  // what is missing is counted beforehand

char* duplicate(const std::string& text) {
  char* copy = strdup(text.c_str());  // libass frees it
  if (!copy) throw std::bad_alloc();
  return copy;
}

}  // namespace

struct CaptionPainter::Impl {
  template <auto Free>
  struct Done {
    template <class T>
    void operator()(T* p) const {
      Free(p);
    }
  };
  std::unique_ptr<ASS_Library, Done<ass_library_done>> library;
  std::unique_ptr<ASS_Renderer, Done<ass_renderer_done>> renderer;
  std::unique_ptr<ASS_Track, Done<ass_free_track>> track;
  CaptionLayout layout;

  void open(int width, int height);
  void setStyle(const CaptionStyle& style, const FontMetrics& metrics);
  void addEvents();
};

void CaptionPainter::Impl::open(int width, int height) {
  library.reset(ass_library_init());
  if (!library) throw std::bad_alloc();
  ass_set_message_cb(library.get(), saySomething, nullptr);
  for (const Font& font : loadedFonts())
    ass_add_font(library.get(), font.family.c_str(), font.bytes.data(),
                 static_cast<int>(font.bytes.size()));
  renderer.reset(ass_renderer_init(library.get()));
  track.reset(ass_new_track(library.get()));
  if (!renderer || !track) throw std::bad_alloc();
  ass_set_frame_size(renderer.get(), width, height);
  ass_set_storage_size(renderer.get(), width, height);
  ass_set_shaper(renderer.get(), ASS_SHAPING_COMPLEX);
  // Fonts come from memory alone; nothing asks the system for more.
  ass_set_fonts(renderer.get(), nullptr, loadedFonts().front().family.c_str(),
                ASS_FONTPROVIDER_NONE, nullptr, 0);
  ass_set_cache_limits(renderer.get(), 2'000, 16);
  track->PlayResX = width;
  track->PlayResY = height;
  track->WrapStyle = 2;  // lines are already broken
  track->ScaledBorderAndShadow = 1;
  track->track_type = ASS_Track::TRACK_TYPE_ASS;
}

void CaptionPainter::Impl::setStyle(const CaptionStyle& wanted, const FontMetrics& metrics) {
  const int index = ass_alloc_style(track.get());
  if (index < 0) throw std::bad_alloc();
  ASS_Style& style = track->styles[index];
  style.Name = duplicate("Default");
  style.FontName = duplicate(loadedFonts().front().family);
  style.FontSize = wanted.em * metrics.lineHeight(0);
  style.PrimaryColour = style.SecondaryColour = kWhite;
  style.OutlineColour = kOutline;
  style.BackColour = kShadow;
  style.Bold = 1;  // thin letters drown in a moving picture
  style.ScaleX = style.ScaleY = 1;
  style.BorderStyle = 1;
  style.Outline = wanted.outline;
  style.Shadow = wanted.outline * 0.6;
  style.Blur = wanted.outline * 0.25;
  style.Alignment = 2;
  style.MarginL = style.MarginR = wanted.sideMargin;
  style.MarginV = wanted.bottomMargin;
  style.Encoding = -1;  // the direction of writing follows from the text
  track->default_style = index;
}

void CaptionPainter::Impl::addEvents() {
  int order = 0;
  for (const CaptionEvent& each : layout.events) {
    const int index = ass_alloc_event(track.get());
    if (index < 0) throw std::bad_alloc();
    ASS_Event& event = track->events[index];
    event.Start = each.startMs;
    event.Duration = each.endMs - each.startMs;
    event.ReadOrder = order++;
    event.Style = track->default_style;
    event.MarginL = each.left;
    event.MarginR = each.right;
    event.MarginV = each.vertical;
    event.Text = duplicate(each.markup);
  }
}

CaptionPainter::CaptionPainter(const std::vector<Caption>& captions, int width, int height)
    : impl_(std::make_unique<Impl>()) {
  const FontMetrics metrics(loadedFonts());
  impl_->layout = layOut(captions, width, height, metrics);
  impl_->open(width, height);
  impl_->setStyle(captionStyle(width, height), metrics);
  impl_->addEvents();
}

CaptionPainter::~CaptionPainter() = default;

std::int64_t CaptionPainter::nextChange(std::int64_t ms) const {
  std::int64_t next = INT64_MAX;
  for (const CaptionEvent& event : impl_->layout.events) {
    if (event.startMs > ms) next = std::min(next, event.startMs);
    if (event.endMs > ms) next = std::min(next, event.endMs);
  }
  return next;
}

void CaptionPainter::paint(AVFrame& frame, std::int64_t ms) {
  for (const ASS_Image* image =
           ass_render_frame(impl_->renderer.get(), impl_->track.get(), ms, nullptr);
       image; image = image->next)
    blendColour(frame, {image->bitmap, image->stride, image->w, image->h}, image->dst_x,
                image->dst_y, toYuv(image->color >> 8), 255 - static_cast<int>(image->color & 255));
}

int CaptionPainter::missingCharacters() const { return impl_->layout.missingCharacters; }

}  // namespace clipcourier::transcoder
