#!/usr/bin/env python3
"""Makes docs/scan.svg, the README's picture, from what the program really prints: `docs/picture.py COMMAND…`, at 100 columns."""

import html
import os
import re
import subprocess
import sys

COLOURS = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
           "#7f8796", "#ff7b86", "#b5e48c", "#ffd787", "#82c7ff", "#de9bf0", "#7fd6e0", "#ffffff"]
PLAIN, BACK, WIDTH, LINE, LEFT, TOP = "#d8dee9", "#1e222a", 8.43, 18, 16, 44
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def spans(line, style):
    """The pieces of a line, each with its style; `style` is left as the line leaves it."""
    pieces, at = [], 0
    for code in SGR.finditer(line):
        pieces.append((line[at:code.start()], dict(style)))
        at = code.end()
        numbers = [int(number or 0) for number in code[1].split(";")]
        while numbers:
            change(style, numbers.pop(0), numbers)
    return pieces + [(line[at:], dict(style))]


def change(style, number, rest):
    if number == 0:
        style.clear()
    elif number in (1, 2, 3, 4):
        style[{1: "bold", 2: "dim", 3: "italic", 4: "underline"}[number]] = True
    elif number == 22:
        style.pop("bold", None), style.pop("dim", None)
    elif 30 <= number <= 37 or 90 <= number <= 97:
        style["fill"] = COLOURS[number - 30 if number < 40 else number - 82]
    elif number == 38 and rest[:1] == [5]:
        style["fill"] = COLOURS[rest[1] % 16]
        del rest[:2]
    elif number == 39:
        style.pop("fill", None)


def attributes(style):
    found = [f'fill="{style.get("fill", PLAIN)}"']
    if style.get("bold"):
        found.append('font-weight="bold"')
    if style.get("dim"):
        found.append('opacity="0.65"')
    if style.get("italic"):
        found.append('font-style="italic"')
    if style.get("underline"):
        found.append('text-decoration="underline"')
    return " ".join(found)


def picture(title, lines):
    height = TOP + LINE * len(lines) + 16
    width = LEFT * 2 + round(WIDTH * 100)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(title)}">',
           f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>',
           *(f'<circle cx="{20 + 18 * n}" cy="18" r="5.5" fill="{colour}"/>' for n, colour in enumerate(("#e06c75", "#e5c07b", "#98c379"))),
           '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="14" xml:space="preserve">',
           f'<text x="{LEFT}" y="{TOP}" fill="#7f8796">$ {html.escape(title)}</text>']
    style = {}
    for number, line in enumerate(lines, 1):
        column = 0
        for text, look in spans(line, style):
            # SVG folds runs of spaces, so each stretch between them is placed by itself.
            for words in re.finditer(r"\S+(?: \S+)*", text):
                out.append(f'<text x="{LEFT + (column + words.start()) * WIDTH:.1f}" y="{TOP + LINE * number}" '
                           f'textLength="{len(words[0]) * WIDTH:.1f}" {attributes(look)}>{html.escape(words[0])}</text>')
            column += len(text)
    return "\n".join(out + ["</g>", "</svg>", ""])


def main(command):
    environment = dict(os.environ, COLUMNS="100", CLICOLOR_FORCE="1")
    shown = subprocess.run([*command, "--format", "pretty", "--color", "always"], capture_output=True, text=True, env=environment).stdout.rstrip("\n").split("\n")
    most = int(os.environ.get("LINES_SHOWN", "44"))
    tail = int(os.environ.get("TAIL_SHOWN", "14"))
    if len(shown) > most:
        shown = shown[:most - tail - 1] + ["\x1b[2m  …\x1b[0m"] + shown[-tail:]
    title = " ".join([os.path.basename(command[0]), *command[1:]])
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scan.svg")
    with open(target, "w", encoding="utf-8") as out:
        out.write(picture(title, shown))


main(sys.argv[1:])
