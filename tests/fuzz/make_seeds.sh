#!/usr/bin/env bash
# Makes the seeds of one fuzz target: tests/fuzz/make_seeds.sh PROGRAM NAME FOLDER
#
# Small valid inputs, drawn here by Debian's ffmpeg command; no file of
# other people's is among them.
set -euo pipefail
program=$1 name=$2 folder=$3
mkdir -p "$folder"

# film FILE OPTION...: a few small pictures, with sound when the options ask for it.
film() {
  local file=$1
  shift
  ffmpeg -v error -y -f lavfi -i testsrc2=size=64x48:rate=10:duration=0.4 \
    -f lavfi -i sine=frequency=440:sample_rate=16000:duration=0.4 -shortest \
    -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -threads 1 "$@" "$folder/$file" </dev/null
}

films() {
  film h264.mp4 -c:v libx264 -preset ultrafast -crf 40 -pix_fmt yuv420p -c:a aac -b:a 16k
  film faststart.mp4 -c:v libx264 -preset ultrafast -crf 40 -pix_fmt yuv420p -movflags +faststart -an
  film fragmented.mp4 -c:v mpeg4 -movflags +frag_keyframe+empty_moov -c:a aac -b:a 16k
  film turned.mov -c:v mpeg4 -metadata:s:v rotate=90 -an
}

more_films() {
  film vp8.webm -c:v libvpx -b:v 20k -c:a libopus -b:a 8k
  film mpeg4.mkv -c:v mpeg4 -c:a mp2
  film mjpeg.avi -c:v mjpeg -c:a pcm_s16le -ar 8000
  film mpeg2.ts -c:v mpeg2video -r 25 -c:a mp2
  film mpeg2.mpg -c:v mpeg2video -r 25 -an
  film flv1.flv -c:v flv -an
  film wmv2.asf -c:v wmv2 -c:a wmav2
  film theora.ogv -c:v libtheora -an
  film a.gif -an
  film animated.webp -c:v libwebp_anim -an
  film a.apng -f apng -an
  film raw.h264 -c:v libx264 -preset ultrafast -an
  film raw.m4v -c:v mpeg4 -f m4v -an
}

pictures() {
  film a.gif -an
  for file in a.jpg a.png a.webp; do film "$file" -frames:v 1 -an; done
  film gray.png -frames:v 1 -pix_fmt gray -an
  film alpha.png -frames:v 1 -pix_fmt rgba -an
  film full.jpg -frames:v 1 -pix_fmt yuvj444p -an
}

case "$name" in
  probe) films; more_films ;;
  boxes) films ;;
  gif)
    film a.gif -an
    film b.gif -an -loop -1 -frames:v 2
    ;;
  h264)
    film a.h264 -c:v libx264 -preset ultrafast -crf 40 -pix_fmt yuv420p -an
    film b.h264 -c:v libx264 -preset fast -bf 2 -crf 40 -pix_fmt yuv420p -an
    ;;
  profile) cp "$(dirname "$0")"/../../config/profiles/*.properties "$folder" ;;
  job) "$(dirname "$program")/fuzz_job_seeds" "$folder" ;;
  pictures) pictures ;;
  edits) python3 "$(dirname "$0")/edit_seeds.py" "$folder" ;;
  captions) python3 "$(dirname "$0")/caption_seeds.py" "$folder" ;;
  *) echo "no seeds for $name" >&2; exit 2 ;;
esac
