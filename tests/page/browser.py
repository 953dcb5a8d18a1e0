"""browser.py - drives Debian's Chromium over the DevTools protocol, by its pipe: no other package is needed.

    with Browser(folder) as b:
        page = b.page(1280, 800)
        page.open("http://127.0.0.1:4040/")
        page.wait("document.title === 'pyro'")
        page.click("#compare")

Waiting is for conditions, with a bound; nothing sleeps for a time that was guessed.
"""
import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"]
BOUND = int(os.environ.get("BOUND", "60"))  # seconds: for a machine that is busy with other things

KEYS = {"Enter": 13, "Escape": 27, "Backspace": 8, "Tab": 9, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
        "ArrowDown": 40}


def find_chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __init__(self, folder):
        ours, theirs = os.pipe(), os.pipe()  # (they read, we write), (we read, they write)

        def hand_over():  # the protocol wants descriptors 3 and 4
            a, b = os.dup(ours[0]), os.dup(theirs[1])
            high = [os.dup2(fd, to, inheritable=True) for fd, to in ((a, 100), (b, 101))]
            os.dup2(high[0], 3, inheritable=True)
            os.dup2(high[1], 4, inheritable=True)

        self.log = open(os.path.join(folder, "chromium.log"), "wb")
        self.process = subprocess.Popen(
            [find_chromium(), *FLAGS, "--user-data-dir=" + os.path.join(folder, "chromium"), "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=False, preexec_fn=hand_over,
            env={**os.environ, "TZ": "UTC", "LANG": "en_US.UTF-8", "HOME": folder})
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.fro = ours[1], theirs[0]
        self.pending, self.numbers, self.events = b"", itertools.count(1), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.log.close()

    def read(self, end):
        while b"\0" not in self.pending:
            if not select.select([self.fro], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError("the browser does not answer")
            more = os.read(self.fro, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.pending += more
        line, self.pending = self.pending.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **params):
        number, end = next(self.numbers), time.monotonic() + BOUND
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        out = json.dumps(message).encode() + b"\0"
        while out:
            out = out[os.write(self.to, out):]
        while True:
            answer = self.read(end)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def page(self, width, height, **emulation):
        return Page(self, width, height, **emulation)


class Page:
    def __init__(self, browser, width, height, touch=False, scale=1, scheme="light"):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height, touch, scale)
        self.scheme(scheme)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height, touch=False, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def reload(self):
        self.js("document.old = true")
        self.call("Page.reload")
        self.wait("!document.old && document.readyState === 'complete'")

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def js(self, expression):
        """The value of an expression; a promise is awaited."""
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            raise RuntimeError("%s: %s" % (expression, r["exceptionDetails"].get("exception", {}).get("description")))
        return r["result"].get("value")

    def wait(self, condition):
        """Until the expression is true: asked once for each frame that is drawn."""
        end = time.monotonic() + BOUND
        value = None
        while time.monotonic() < end:
            try:
                value = self.js("new Promise(done => requestAnimationFrame(() => done((() => %s)())))" % condition)
            except RuntimeError as e:  # the document changes under the question
                value = str(e)
                continue
            if value is True or (value and not isinstance(value, str)):
                return
        raise AssertionError("waited in vain for: %s (last: %r)" % (condition, value))

    def text(self, selector):
        return self.js("(document.querySelector(%s) || {}).innerText" % json.dumps(selector))

    def attribute(self, selector, name):
        return self.js("document.querySelector(%s).getAttribute(%s)" % (json.dumps(selector), json.dumps(name)))

    def rect(self, selector):
        return self.js("(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
                       " return {x: r.x, y: r.y, width: r.width, height: r.height}; })()" % json.dumps(selector))

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector, dx=None, dy=None):
        """In the middle of the element, or at this place in it."""
        r = self.rect(selector)
        x, y = r["x"] + (r["width"] / 2 if dx is None else dx), r["y"] + (r["height"] / 2 if dy is None else dy)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def hover(self, selector, dx, dy):
        r = self.rect(selector)
        self.mouse("mouseMoved", r["x"] + dx, r["y"] + dy)

    def drag(self, selector, x0, x1, dy):
        """From one place to another in the element, as parts of its width."""
        r = self.rect(selector)
        y = r["y"] + dy
        self.mouse("mouseMoved", r["x"] + r["width"] * x0, y)
        self.mouse("mousePressed", r["x"] + r["width"] * x0, y, button="left", clickCount=1)
        for k in range(1, 6):
            self.mouse("mouseMoved", r["x"] + r["width"] * (x0 + (x1 - x0) * k / 5), y, button="left", buttons=1)
        self.mouse("mouseReleased", r["x"] + r["width"] * x1, y, button="left", clickCount=1)

    def tap(self, selector, dx=None, dy=None):
        r = self.rect(selector)
        at = [{"x": r["x"] + (r["width"] / 2 if dx is None else dx), "y": r["y"] + (r["height"] / 2 if dy is None else dy)}]
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=at)
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name, **more):
        code = KEYS.get(name)
        base = {"key": name, **({"windowsVirtualKeyCode": code, "code": name} if code else {}), **more}
        text = {"Enter": "\r"}.get(name, "" if code else name)
        self.call("Input.dispatchKeyEvent", type="keyDown", **base, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **base)

    def type(self, text):
        for c in text:
            self.key(c)

    def choose(self, selector, value):
        """A value of a <select>, as a user chooses it: with its change event."""
        self.js("(() => { const s = document.querySelector(%s); s.value = %s; s.dispatchEvent(new Event('change', {bubbles: true})); })()"
                % (json.dumps(selector), json.dumps(value)))

    def picture(self, path, height=None):
        clip = {"clip": {"x": 0, "y": 0, "width": self.js("innerWidth"), "height": height, "scale": 1}} if height else {}
        data = self.call("Page.captureScreenshot", format="png", **clip)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def complaints(self):
        """What the browser had to say: exceptions, refusals of the content policy, failed requests."""
        out = []
        for e in self.browser.events:
            if e.get("sessionId") != self.session:
                continue
            if e["method"] == "Runtime.exceptionThrown":
                d = e["params"]["exceptionDetails"]
                out.append("exception: " + d.get("exception", {}).get("description", d["text"]))
            if e["method"] == "Log.entryAdded" and e["params"]["entry"]["level"] == "error":
                entry = e["params"]["entry"]
                out.append("%s: %s %s" % (entry["source"], entry["text"], entry.get("url", "")))
        return out

    def cpu(self, expression):
        """Milliseconds of the page's own thread for it, drawing included: what other programs do at the time does not count."""
        def now():
            return next(m["value"] for m in self.call("Performance.getMetrics")["metrics"] if m["name"] == "ThreadTime")
        self.call("Performance.enable", timeDomain="threadTicks")
        before = now()
        self.js(expression)
        return 1000 * (now() - before)

    def texts(self):
        """What is written on the canvases of the flame graphs: [text, x]."""
        return self.js("(() => { const out = [], p = CanvasRenderingContext2D.prototype, old = p.fillText; p.fillText = function (s, x) { out.push([s, x]); };"
                       " for (const v of boards.flatMap(b => b.views)) v.draw(); p.fillText = old; return out; })()")

    def draws(self, before, n=15):
        """Milliseconds of the draws of the first view, least, median and most, by the clock and with the pixels asked for; `before` is
        run before each one."""
        took = sorted(self.js("Array.from({ length: %d }, (_, i) => { const v = board.views[0]; %s; const t = performance.now(); v.draw();"
                              " v.g.getImageData(0, 0, 1, 1); return performance.now() - t; })" % (n, before)))
        return took[0], took[n // 2], took[-1]

    def frames(self, step, n=40):
        """Milliseconds from one frame of the screen to the next while `step` is done in each: median and most."""
        took = sorted(self.js("new Promise(done => { const took = []; let last = 0, i = 0; const next = t => { if (last) took.push(t - last);"
                              " last = t; if (took.length === %d) return done(took); const v = board.views[0]; %s; i++; requestAnimationFrame(next); };"
                              " requestAnimationFrame(next); })" % (n, step)))
        return took[n // 2], took[-1]

    def addresses(self):
        """Every address that the page has asked."""
        return [e["params"]["request"]["url"] for e in self.browser.events
                if e.get("sessionId") == self.session and e["method"] == "Network.requestWillBeSent"]
