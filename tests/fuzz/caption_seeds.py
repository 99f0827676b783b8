#!/usr/bin/env python3
"""Captions in both formats, each after the byte that chooses it: caption_seeds.py FOLDER"""
import pathlib
import sys

SRT = """\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Schöne</i> Grüße\r\n\r\n2\r\n0:00:03.0 --> 0:00:04
{\\an8}&lt;oben&gt; <b>fett</b>

zweite Zeile

3
00:00:05,000 --> 00:00:06,000 X1:10 X2:20
<font color="red">שלום</font>
"""
VTT = """WEBVTT - title
Kind: captions

STYLE
::cue { color: red }

REGION
id:fred

NOTE nothing

first
00:01.000 --> 00:02.500 position:10%,line-left align:start line:-1 size:35%
<v Fred>Hello <b>you</b><00:00:01.500> &amp; &rlm;me

00:00:03.000 --> 01:00:04.000 line:20% align:center
مرحبا <c.yellow.bg_blue>x</c>
"""
folder = pathlib.Path(sys.argv[1])
(folder / "srt").write_bytes(b"\x01" + SRT.encode())
(folder / "vtt").write_bytes(b"\x00" + VTT.encode())
