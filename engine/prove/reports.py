"""Opens pages in headless Chromium and checks what a reader depends on: axe's rules, no overflow on a phone, nothing
that runs or loads, everything there without JavaScript, reachable by keyboard, printable, small."""

import argparse
import json
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from lxml import etree
from playwright.sync_api import sync_playwright

WIDTHS = {"phone": (360, 800), "desktop": (1280, 900)}
LARGEST = 1_000_000


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
        page.screenshot(path=str(shots / f"{name.replace('/', '-')}-{size}-{scheme}.png"), full_page=True)
        context.close()


def behaviour(browser, checks, file, name):
    """With the page's own policy in force: nothing runs, nothing loads, nothing is logged."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said, asked, dialogs = [], [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.mouse.move(300, 300)
    for selector in ["details", "mark", "td", "svg"]:
        for element in page.query_selector_all(selector)[:4]:
            if element.is_visible():
                element.hover()
    checks.expect(page.evaluate("window.harmed === undefined"), name, "a script from the text ran")
    checks.expect(not dialogs, name, f"dialogs: {dialogs}")
    checks.expect(not said, name, f"console: {said[:3]}")
    others = [url for url in asked if url != file.as_uri() and not url.startswith("data:")]
    checks.expect(not others, name, f"asked for {others[:3]}")

    # Each summary and each link is reached by Tab, in the order of the page.
    total = page.evaluate("document.querySelectorAll('summary, a[href]').length")
    page.evaluate("document.body.focus()")
    reached = []
    for _ in range(min(total, 120)):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "[...document.querySelectorAll('summary, a[href]')].indexOf(document.activeElement)"))
    checks.expect(reached == list(range(min(total, 120))), name, f"Tab reaches {reached[:8]} of {total}")
    if page.query_selector("summary"):
        page.evaluate("document.querySelector('summary').focus()")
        page.keyboard.press("Enter")
        checks.expect(page.evaluate("document.querySelector('details').open"), name, "Enter opens no details")
    printed = page.pdf(format="A4")
    checks.expect(len(printed) > 5_000, name, "cannot be printed")
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
    site = arguments.pages / "site"
    # Of each kind of the site's pages one.
    files += [found[0] for kind in (".", "models", "months", "runs") if (found := sorted((site / kind).glob("*.html")))]
    forms(checks, arguments.pages, arguments.junit_schema)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        for file in files:
            name = str(file.relative_to(arguments.pages))[: -len(".html")]
            checks.expect(file.stat().st_size < LARGEST, name, f"has {file.stat().st_size} bytes")
            for scheme in ("light", "dark"):
                for size in WIDTHS:
                    look(browser, checks, file, name, scheme, size, arguments.shots)
            behaviour(browser, checks, file, name)
            print(f"{name}: {file.stat().st_size:,} bytes", flush=True)
        version = browser.version
        browser.close()
    print(f"{len(files)} pages in Chromium {version}, {checks.count} checks, {len(checks.failures)} failures")
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
