"""Opens pages in headless Chromium and checks what a reader depends on: axe's rules, no overflow on a phone, nothing
that runs or loads, everything there without JavaScript, reachable by keyboard, printable, small."""

import argparse
import json
import pathlib
import sys

import pypdfium2
from axe_playwright_python.sync_playwright import Axe
from lxml import etree
from playwright.sync_api import sync_playwright

WIDTHS = {"phone": (360, 800), "desktop": (1280, 900)}
# Between the two, on either side of where tables become lists, columns are narrowest: looked at once.
TABLETS = (700, 800, 850)
LARGEST = 1_000_000
# Milliseconds that a browser may take for anything, on a machine that does other work too.
PATIENCE = 180_000


class Checks:
    def __init__(self):
        self.count = 0
        self.failures = []

    def expect(self, holds, page, what):
        self.count += 1
        if not holds:
            self.failures.append(f"{page}: {what}")
            print(f"FAIL  {page}: {what}", flush=True)


def overflow(page):
    """What sticks out of the page to the right, if it makes the page scroll."""
    return page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > width + 1 && getComputedStyle(e).position !== 'absolute')
                .slice(0, 3).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40));
        }""")


def crowded(page):
    """Tables and drawings that are wider than the place they stand in, and so lie on what stands beside it."""
    return page.evaluate(
        """() => [...document.querySelectorAll('main table, main svg, main pre')].filter(e => e.offsetParent || e.closest('svg'))
            .filter(e => e.getBoundingClientRect().width > 0
                && e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right + 1)
            .slice(0, 3).map(e => e.tagName + ' in ' + e.parentElement.className + ': ' + e.textContent.slice(0, 40))""")


def look(browser, checks, file, name, scheme, size, shots):
    width, height = WIDTHS[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True,
        has_touch=size == "phone", is_mobile=size == "phone")
    page = context.new_page()
    page.goto(file.as_uri())
    place = f"{name}, {size}, {scheme}"
    sticking = overflow(page)
    checks.expect(not sticking, place, f"wider than the screen: {sticking}")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sticking = overflow(page)
    checks.expect(not sticking, place, f"wider than the screen with all details open: {sticking}")
    wide = crowded(page)
    checks.expect(not wide, place, f"wider than its place: {wide}")
    results = Axe().run(page)
    for violation in results.response["violations"]:
        nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:2])
        checks.expect(False, place, f"axe {violation['id']} ({violation['help']}): {nodes}")
    checks.expect(len(results.response["passes"]) > 5, place, "axe ran few rules")
    context.close()
    if shots:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1)
        page = context.new_page()
        page.goto(file.as_uri())
        page.screenshot(path=str(shots / f"{flat(name)}-{size}-{scheme}.png"), full_page=True, timeout=PATIENCE)
        context.close()


def flat(name):
    """A page's name as one of a file."""
    return name.replace("/", "-")


def watch(page):
    """What a page says, asks for and opens, as lists that fill up."""
    said, asked, dialogs = [], [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    return said, asked, dialogs


def expect_harmless(page, checks, file, name, said, asked, dialogs):
    checks.expect(page.evaluate("window.harmed === undefined"), name, "a script from the text ran")
    checks.expect(not dialogs, name, f"dialogs: {dialogs}")
    checks.expect(not said, name, f"console: {said[:3]}")
    others = [url for url in asked if url != file.as_uri() and not url.startswith("data:")]
    checks.expect(not others, name, f"asked for {others[:3]}")


def printed(page, checks, name, shots):
    """The page on paper: each sheet has something on it, nothing is cut off at the right, and it reads as on the screen."""
    # A4 within its margins, as the layout of print sees it.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 1000})
    wide = crowded(page)
    checks.expect(not wide, name, f"wider than its place on paper: {wide}")
    document = pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))
    checks.expect(0 < len(document) < 60, name, f"printed on {len(document)} sheets")
    words = ""
    for number, sheet in enumerate(document):
        text = sheet.get_textpage().get_text_range()
        words += text
        picture = sheet.render(scale=1.5).to_pil().convert("L")
        ink = picture.point(lambda level: 255 if level < 200 else 0).getbbox()
        checks.expect(ink is not None, name, f"sheet {number + 1} is empty")
        # The margins are 16 mm of 210: what reaches into them is cut off by printers.
        checks.expect(ink is None or ink[2] <= picture.width * (1 - 10 / 210), name, f"sheet {number + 1} is too wide")
        if shots and number < 4:
            sheet.render(scale=1.5).to_pil().save(shots / f"{flat(name)}-print-{number + 1}.png")
    # Paper breaks words, and its text runs from left to right.
    heading = "".join(page.evaluate("document.querySelector('h1').innerText").split())[:12]
    checks.expect(not heading.isascii() or heading in "".join(words.split()), name, f"'{heading}' is not on paper")


def drawing(browser, checks, file, name, shots):
    """A drawing by itself, as a browser opens it."""
    etree.parse(str(file), etree.XMLParser(huge_tree=True))
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 900, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        seen = watch(page)
        page.goto(file.as_uri())
        checks.expect(page.evaluate("document.documentElement.tagName") == "svg", name, "is no drawing")
        checks.expect(page.evaluate("document.querySelectorAll('script, foreignObject, image, a').length") == 0, name,
                      "holds what no drawing of the lab holds")
        page.mouse.move(300, 300)
        expect_harmless(page, checks, file, name, *seen)
        outside = page.evaluate(
            """() => {
                const box = document.documentElement.getBoundingClientRect();
                return [...document.querySelectorAll('text')].map(e => [e.getBoundingClientRect(), e.textContent])
                    .filter(([b]) => b.right > box.right + 1 || b.left < box.left - 1 || b.bottom > box.bottom + 1)
                    .map(([b, t]) => t.slice(0, 60)).slice(0, 3);
            }""")
        checks.expect(not outside, name, f"text outside of it: {outside}")
        if shots:
            # The driver takes pictures of pages alone.
            frame = shots / f"{flat(name)}.html"
            frame.write_text(f'<body style="margin:0"><img src="{file.as_uri()}">', encoding="utf-8")
            page.goto(frame.as_uri())
            page.screenshot(path=str(shots / f"{flat(name)}-{scheme}.png"), full_page=True, timeout=PATIENCE)
        context.close()


def behaviour(browser, checks, file, name, shots):
    """With the page's own policy in force: nothing runs, nothing loads, nothing is logged."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    seen = watch(page)
    page.goto(file.as_uri())
    page.mouse.move(300, 300)
    for selector in ["details", "mark", "td", "svg"]:
        for element in page.query_selector_all(selector)[:4]:
            if element.is_visible():
                element.hover()
    expect_harmless(page, checks, file, name, *seen)

    for width in TABLETS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = crowded(page) + overflow(page)
        checks.expect(not wide, name, f"wider than its place on a tablet of {width} pixels: {wide}")
    page.set_viewport_size({"width": 1280, "height": 900})

    # Each summary and each link is reached by Tab, in the order of the page.
    # What lies in details that are closed is reached once they are open.
    reachable = """[...document.querySelectorAll('summary, a[href]')].filter(
        e => !(e.matches('summary') ? e.parentElement : e).parentElement.closest('details:not([open])'))"""
    total = page.evaluate(f"{reachable}.length")
    page.evaluate("document.body.focus()")
    reached = []
    for _ in range(min(total, 120)):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            f"{reachable}.indexOf(document.activeElement)"))
    checks.expect(reached == list(range(min(total, 120))), name, f"Tab reaches {reached[:8]} of {total}")
    if page.query_selector("summary"):
        page.evaluate("document.querySelector('summary').focus()")
        page.keyboard.press("Enter")
        checks.expect(page.evaluate("document.querySelector('details').open"), name, "Enter opens no details")
    printed(page, checks, name, shots)
    texts = page.evaluate("document.body.textContent")
    context.close()

    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    checks.expect(page.text_content("body") == texts, name, "shows less without JavaScript")
    context.close()


def forms(checks, pages, schema_file):
    """The forms for programs, read by other programs."""
    schema = etree.XMLSchema(etree.parse(schema_file)) if schema_file else None
    for file in sorted(pages.glob("*.json")):
        checks.expect(isinstance(json.loads(file.read_bytes()), dict), file.name, "is no JSON object")
    for file in sorted(pages.glob("*.xml")):
        document = etree.parse(str(file), etree.XMLParser(huge_tree=True))
        if schema:
            checks.expect(schema.validate(document), file.name, f"{schema.error_log}")
    if not schema:
        print("skipped: JUnit against its schema by another program; LAB_JUNIT_SCHEMA names junit-10.xsd of Jenkins' "
              "xUnit plugin")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--browser", required=True)
    parser.add_argument("--pages", required=True, type=pathlib.Path)
    parser.add_argument("--junit-schema")
    parser.add_argument("--shots", type=pathlib.Path, help="leave pictures of every page in this folder")
    arguments = parser.parse_args()
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    files = sorted(arguments.pages.glob("*.html"))
    # Of each kind of a site's pages one; where names are hostile, each model's page and one of its runs.
    for site, count in (("site-history", 1), ("site-hostile", 100)):
        for kind in (".", "models", "months"):
            files += sorted((arguments.pages / site / kind).glob("*.html"))[:count]
        files += sorted((arguments.pages / site / "runs").glob("*.html"))[: 6 * count : 6]
    forms(checks, arguments.pages, arguments.junit_schema)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        for file in files:
            name = str(file.relative_to(arguments.pages))[: -len(".html")]
            checks.expect(file.stat().st_size < LARGEST, name, f"has {file.stat().st_size} bytes")
            for scheme in ("light", "dark"):
                for size in WIDTHS:
                    look(browser, checks, file, name, scheme, size, arguments.shots)
            behaviour(browser, checks, file, name, arguments.shots)
            print(f"{name}: {file.stat().st_size:,} bytes", flush=True)
        drawings = sorted(arguments.pages.glob("*.svg"))
        for file in drawings:
            drawing(browser, checks, file, file.name, arguments.shots)
        version = browser.version
        browser.close()
    print(f"{len(files)} pages and {len(drawings)} drawings in Chromium {version}, {checks.count} checks, {len(checks.failures)} failures")
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
