# SPDX-License-Identifier: Apache-2.0
"""Take the pictures of docs/images: what a terminal of 80 columns shows while `loom login` waits.

    python3 -B tests/support/pictures.py build/release [LANGUAGE...]

A sign-in runs in a pseudo-terminal against a server of its own; the bytes that came are put on a small
screen here, and Chromium draws that, each line in the direction of its letters as a terminal that knows
right-to-left text does. Needs what ./dev setup brings, and a font with Arabic letters of one width
(Debian: fonts-dejavu-core).
"""
import html
import os
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCALES = {"en": "en_US.UTF-8", "es": "es_ES.UTF-8", "ar": "ar_EG.UTF-8"}
SERVER = "https://loom.example.com"
COMMAND = f"loom login --server {SERVER}"
LIVE = rb"\r\x1b\[K[^\r\x1b]*\b9:5\d[^\r\x1b]*"  # ten minutes less a few seconds
TOKEN = re.compile(r"(\r)|(\n)|\x1b\[(K|1m|0m)|([^\x1b\r\n]+)")

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>loom login</title>
<style>
body {{ margin: 0; }}
.shot {{ zoom: 2; display: inline-block; background: #1d1f24; color: #e4e4e0; border-radius: 8px;
  font: 13px/18px "DejaVu Sans Mono", monospace; padding: 0 0 10px; overflow: hidden; }}
.bar {{ background: #2c2f36; color: #a9adb6; text-align: center; padding: 4px; margin-bottom: 10px;
  font-size: 12px; }}
.line {{ width: 80ch; min-height: 18px; padding: 0 14px; white-space: pre; text-align: start; }}
b {{ color: #fff; }}
.prompt {{ color: #8fbf7f; }}
.cursor {{ background: #e4e4e0; color: #1d1f24; }}
</style>
<div class="shot"><div class="bar">{title}</div>
{lines}
</div>
"""


def screen(data):
    """The lines that stand on a terminal after these bytes: [[(text, is_bold), ...], ...]."""
    lines, is_bold = [[]], False
    text = data.decode().replace("\r\n", "\n")
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise AssertionError(f"a picture knows no {text[at:at + 8]!r}")
        at = match.end()
        back, line_end, escape, piece = match.groups()
        if line_end:
            lines.append([])
        elif back or escape == "K":  # loom sends both together: the line is empty again
            lines[-1] = []
        elif escape:
            is_bold = escape == "1m"
        else:
            lines[-1].append((piece, is_bold))
    return lines


def draw(lines):
    rows = [f'<span class="prompt">$</span> {html.escape(COMMAND)}']
    for line in lines:
        rows.append("".join(f"<b>{html.escape(text)}</b>" if is_bold else html.escape(text)
                            for text, is_bold in line))
    rows[-1] += '<span class="cursor">&nbsp;</span>'
    return "\n".join(f'<div class="line" dir="auto">{row}</div>' for row in rows)


def wait_at_terminal(place, authority, language):
    """What the terminal shows of a sign-in that waits."""
    import loomtest
    import servers
    from programs import Program

    server = servers.DevServer(os.path.join(place, f"server-{language}"), "--public-url", SERVER,
                               authority=authority, names=("DNS:loom.example.com",))
    proxy = servers.Proxy(server.port)
    home = loomtest.Home(os.path.join(place, f"home-{language}"))
    program = Program([loomtest.LOOM, *COMMAND.split()[1:]], home.environment(
        TERM="xterm-256color", LANG=LOCALES[language], HTTPS_PROXY=proxy.url,
        LOOM_CA_FILE=authority.file, BROWSER="/bin/true", PATH="/usr/bin:/bin"),
        terminal={"stdin", "stdout", "stderr"})
    program.expect(LIVE)
    program.signal(15)
    shown = program.finish().err
    proxy.stop()
    server.stop()
    last = list(re.finditer(LIVE, shown))[-1]
    return shown[:last.end()]


def main():
    build = os.path.abspath(sys.argv[1])
    os.environ["LOOM"] = os.path.join(build, "loom")
    os.environ["LOOM_DEV_SERVER"] = os.path.join(build, "tests/server/loom-dev-server")
    import chromium
    import servers

    place = tempfile.mkdtemp(prefix="loom-pictures-")
    browser = chromium.Chromium()
    try:
        authority = servers.Authority(place)
        for language in sys.argv[2:] or LOCALES:
            lines = screen(wait_at_terminal(place, authority, language))
            page = os.path.join(place, f"{language}.html")
            with open(page, "w") as file:
                file.write(PAGE.format(title="Terminal", lines=draw(lines)))
            browser.open(f"file://{page}")
            target = os.path.join(ROOT, "docs", "images", f"login-{language}.png")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            browser.shoot(target)
            print(os.path.relpath(target, ROOT))
    finally:
        browser.stop()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
