#!/usr/bin/env python3
"""Opens report pages in headless Chromium and checks what they show and do.

    browser_test.py REPORTS_BROWSER_PAGES BROWSER_CHECKS_JS
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--window-size=1280,2000", "--virtual-time-budget=20000",
]  # fmt: skip


def with_checks(page, reference, checks):
    """The page with a script after its own; `<` would end a script element."""
    data = json.dumps(reference).replace("<", "\\u003c")
    script = f"<script>const kReference = {data};\n{checks}</script>\n</body>"
    head, tail = page.rsplit("</body>", 1)
    return head + script + tail


def open_page(chromium, path, profile):
    command = [chromium, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # A hint about the checks' own reading of pixels.
    console = [line for line in lines if "willReadFrequently" not in line]
    return done.stdout, console


def problems_of(chromium, page, checks, profile):
    reference = json.loads(page.with_suffix(".json").read_text())
    checked = page.with_name("checked_" + page.name)
    checked.write_text(with_checks(page.read_text(), reference, checks))
    dom, console = open_page(chromium, checked, profile)
    found = re.search(r'<pre id="checks">(.*?)</pre>', dom, re.DOTALL)
    if not found:
        return [f"the checks did not end; ready: {'data-ready' in dom}", *console]
    return json.loads(html.unescape(found.group(1))) + console


def main():
    make_pages, checks_path = sys.argv[1:3]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("skipped: Chromium is not installed (Debian: apt install chromium)")
        return SKIPPED
    checks = pathlib.Path(checks_path).read_text()
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = pathlib.Path(scratch)
        subprocess.run([make_pages, folder], check=True)
        pages = sorted(path for path in folder.glob("*.html"))
        for page in pages:
            problems = problems_of(chromium, page, checks, folder / "profile")
            print(f"{page.stem}: {'; '.join(problems) or 'good'}")
            failed = failed or bool(problems)
        if len(pages) < 5:
            print(f"only {len(pages)} pages were made")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
