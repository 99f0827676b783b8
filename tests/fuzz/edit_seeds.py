#!/usr/bin/env python3
"""Edits as an API caller sends them: edit_seeds.py FOLDER"""
import json
import pathlib
import sys

EDITS = [
    {},
    {"trim_start_ms": 1500, "trim_end_ms": 9000, "trim_black": True, "trim_silence": True},
    {"fit": {"shape": "9:16", "fill": "crop", "focus_x": 30, "focus_y": 60}, "loudness": True},
    {"fit": {"shape": "1:1", "fill": "colour", "colour": "#00ff7f"}, "mute": True},
    {"fade_in_ms": 300, "fade_out_ms": 500, "background": "#ffffff", "captions": "webvtt"},
    {"logo": {"corner": "top-left", "width_percent": 18, "margin_percent": 4, "opacity_percent": 80}},
]
folder = pathlib.Path(sys.argv[1])
for number, seed in enumerate(EDITS):
    (folder / f"{number}.json").write_text(json.dumps(seed, ensure_ascii=False))
