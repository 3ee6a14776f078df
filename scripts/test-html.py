"""Checks the HTML report in headless Chromium: that its filters work, that it asks the network for
nothing, that hostile source does nothing, and that it is readable in light, dark, print and without
scripts.

    python3 scripts/test-html.py CHROMIUM AEGIS FOLDER

Speaks the DevTools protocol over a pipe; needs nothing but the standard library. FOLDER gets
screenshots. `scripts/test-html.sh` calls it.
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

SECONDS = 60  # until a browser that does not answer is given up

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]

# A tree whose names and texts try to be markup.
EVIL = "<img src=x onerror=window.hit=1>"
HOSTILE = f"""\
from langchain_core.tools import tool
from openai import OpenAI


@tool("</td></tr><script>window.hit=1</script>")
def evil(order: str):
    "</details><script>window.hit=1</script>"


def ask(client: OpenAI):
    return client.chat.completions.create(model="{EVIL}", messages="</pre><script>window.hit=1</script>")
"""


class Browser:
    """Chromium on the other side of two pipes; messages are JSON and end with a NUL."""

    def __init__(self, program, profile):
        read, self.write_end = os.pipe()
        self.read_end, write = os.pipe()

        def wire():
            # The protocol wants 3 and 4; first out of the way of each other.
            for source, target in ((os.dup(read), 3), (os.dup(write), 4)):
                os.dup2(source, target)

        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=wire,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read)
        os.close(write)
        self.number = 0
        self.rest = b""
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def receive(self):
        end = time.monotonic() + SECONDS
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.read_end], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.read_end, 1 << 20) if ready else b""
            if not chunk:
                raise SystemExit("test-html: the browser does not answer")
            self.rest += chunk
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"test-html: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def take(self, *methods):
        """The events of these kinds that came so far."""
        return [e["params"] for e in self.events if e.get("method") in methods]

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not self.take("Page.loadEventFired"):
            self.events.append(self.receive())

    def ask(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"test-html: {expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def close(self):
        # It may go away before it answers.
        os.write(self.write_end, b'{"id":0,"method":"Browser.close"}\0')
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def check(what, holds, seen=""):
    if not holds:
        raise SystemExit(f"test-html: failed: {what} {seen}")
    print(f"ok: {what}")


ROWS = "[...document.querySelectorAll('#sites tbody tr')]"
SHOWN = ROWS + ".filter(r => r.getClientRects().length > 0)"


def type_in(browser, text):
    """Replaces what the filter holds, by the keyboard."""
    browser.ask("document.getElementById('text').select(); document.getElementById('text').focus()")
    if text:
        browser.call("Input.insertText", text=text)
    else:
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Delete", code="Delete", windowsVirtualKeyCode=46)


def choose(browser, field, value):
    browser.ask(
        f"(f => {{ f.value = '{value}'; f.dispatchEvent(new Event('input', {{bubbles: true}})) }})"
        f"(document.getElementById('{field}'))"
    )


def filters(browser):
    total = browser.ask(ROWS + ".length")
    check("all call sites are shown at first", total > 20 and browser.ask(SHOWN + ".length") == total, total)
    type_in(browser, "openai")
    shown = browser.ask(SHOWN + ".map(r => r.textContent.toLowerCase())")
    hidden = browser.ask(f"{ROWS}.filter(r => r.hidden).map(r => r.textContent.toLowerCase())")
    check("typing leaves the rows with the word", 0 < len(shown) < total and all("openai" in r for r in shown), shown)
    check("typing hides all others", len(shown) + len(hidden) == total and not any("openai" in r for r in hidden))
    said = browser.ask("document.getElementById('shown').value")
    check("the number of rows is said", said == f"{len(shown)} of {total} shown", said)
    choose(browser, "verdict", "ungoverned")
    both = browser.ask(SHOWN + ".map(r => r.dataset.verdict)")
    check("a verdict narrows it further", 0 < len(both) < len(shown) and set(both) == {"ungoverned"}, both)
    type_in(browser, "")
    choose(browser, "verdict", "")
    choose(browser, "kind", "tool_def")
    kinds = browser.ask(SHOWN + ".map(r => r.dataset.kind)")
    check("a kind leaves its rows", 0 < len(kinds) < total and set(kinds) == {"tool_def"}, kinds)
    choose(browser, "kind", "")
    type_in(browser, "no such call site")
    check("nothing that matches is said", browser.ask(SHOWN + ".length") == 0 and browser.ask("!document.getElementById('none').hidden"))
    type_in(browser, "")
    check("an empty filter shows all again", browser.ask(SHOWN + ".length") == total)


def quiet(browser, path):
    """No request but for the page, nothing in the console."""
    asked = [e["request"]["url"] for e in browser.take("Network.requestWillBeSent")]
    check("the page asks for nothing", asked == [path.as_uri()], asked)
    errors = browser.take("Runtime.exceptionThrown", "Log.entryAdded")
    check("the console is empty", not errors, errors)


def closed(browser):
    """Even markup that got in could do nothing."""
    hit = browser.ask(
        """(async () => {
          let refused = 0;
          document.addEventListener('securitypolicyviolation', () => refused++);
          const script = document.createElement('script');
          script.textContent = 'window.hit = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<p onclick="window.hit = 1"><img src="http://127.0.0.1:9/x">');
          document.body.lastElementChild.click();
          const loaded = await fetch('http://127.0.0.1:9/').then(() => true, () => false);
          await new Promise((done) => setTimeout(done, 300));
          return [refused, window.hit ?? null, loaded];
        })()"""
    )
    check("the policy of the page refuses scripts and addresses", hit[0] >= 4 and hit[1:] == [None, False], hit)


def looks(browser, folder):
    back = "getComputedStyle(document.body).backgroundColor"
    colors = []
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colors.append(browser.ask(back))
        image = browser.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        (folder / f"{scheme}.png").write_bytes(base64.b64decode(image))
    check("light and dark differ", colors[0] != colors[1], colors)
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    check("the filters are not printed", browser.ask("document.getElementById('filters').getClientRects().length") == 0)
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    (folder / "print.pdf").write_bytes(pdf)
    check("it prints", pdf.startswith(b"%PDF") and len(pdf) > 10_000, len(pdf))
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    wide = browser.ask("document.documentElement.scrollWidth")
    check("a phone does not scroll sideways", wide <= 390, wide)
    image = browser.call("Page.captureScreenshot")["data"]
    (folder / "phone.png").write_bytes(base64.b64decode(image))
    browser.call("Emulation.clearDeviceMetricsOverride")


def accessible(browser):
    bare = browser.ask("[...document.querySelectorAll('input, select')].filter(f => !f.labels.length).length")
    check("every field has a label", bare == 0)
    named = "[...document.querySelectorAll('svg')].every(s => s.getAttribute('aria-hidden') || s.getAttribute('aria-label'))"
    check("every picture has a text or is decoration", browser.ask(named))
    tables = "[...document.querySelectorAll('table')].every(t => t.caption && [...t.tHead.rows[0].cells].every(c => c.scope))"
    check("tables have captions and headings", browser.ask(tables) and browser.ask("document.documentElement.lang") == "en")
    order = browser.ask("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    steps = all(b - a <= 1 for a, b in zip(order, order[1:]))
    check("headings skip no level", order[0] == 1 and order.count(1) == 1 and steps, order)


def main():
    chromium, aegis, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        temporary = pathlib.Path(temporary).resolve()
        desk, evil = temporary / "desk.html", temporary / "evil.html"
        tree = temporary / "tree"
        tree.mkdir()
        (tree / f"{EVIL}.py").write_text(HOSTILE)
        scan = [aegis, "scan", "--quiet", "--no-config"]
        subprocess.run([*scan, "fixtures/projects/support-desk", "-o", f"html={desk}"], check=True)
        subprocess.run([*scan, str(tree), "-o", f"html={evil}"], check=True)
        (folder / "report.html").write_bytes(desk.read_bytes())
        browser = Browser(chromium, temporary / "profile")
        try:
            for domain in ("Page", "Network", "Runtime", "Log"):
                browser.call(f"{domain}.enable")
            browser.call("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
            browser.open(desk)
            filters(browser)
            accessible(browser)
            looks(browser, folder)
            quiet(browser, desk)
            closed(browser)
            browser.open(evil)
            rows = browser.ask(ROWS + ".length")
            check("the hostile tree has its call sites", rows == 2, rows)
            check("hostile source is shown as text", browser.ask(f"document.body.textContent.includes('{EVIL}')"))
            inside = browser.ask("[document.scripts.length, document.images.length, window.hit ?? null]")
            check("hostile source adds no element and runs nothing", inside == [1, 0, None], inside)
            quiet(browser, evil)
            browser.call("Emulation.setScriptExecutionDisabled", value=True)
            browser.open(desk)
            browser.call("DOM.enable")
            root = browser.call("DOM.getDocument")["root"]["nodeId"]
            form = browser.call("DOM.querySelector", nodeId=root, selector="#filters")["nodeId"]
            attributes = browser.call("DOM.getAttributes", nodeId=form)["attributes"]
            hidden = browser.call("DOM.querySelectorAll", nodeId=root, selector="tr[hidden]")["nodeIds"]
            check("without scripts there is no filter and every row", "hidden" in attributes and not hidden)
        finally:
            browser.close()
    print(f"screenshots are in {folder}")


main()
