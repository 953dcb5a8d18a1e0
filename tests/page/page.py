#!/usr/bin/env python3
"""page.py - uses the page at "/" in Debian's Chromium as people do: mouse, keyboard, finger, address bar. The server is a
real one with profiles that are the same each time; what the page shows is compared with sums over what was pushed.

usage: page.py [--build DIR] [--pictures DIR] [NAME ...]

Prints TAP; where there is no chromium it says so and skips all but the size and the headers. --pictures keeps a picture
of each look. NAME: only these tests.
"""
import argparse
import collections
import contextlib
import gzip
import os
import re
import subprocess
import sys
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import served  # noqa: E402
import shop_stacks  # noqa: E402
import more  # noqa: E402
from browser import Browser, find_chromium  # noqa: E402

START, STEP, STEPS = 1768471200, 15, 240  # 2026-01-15T10:00:00Z, an hour
END = START + STEP * STEPS
SPAN = "from=%d&until=%d" % (START * 1000, END * 1000)
IDLE = "document.querySelector('#main').getAttribute('aria-busy') === 'false'"
CANVAS = ".flame canvas"
HOSTILE = "<img src=x onerror=alert(1)>\"'&lt</script>"


class Server:
    """pyro-serve, which can be stopped and started again on its port."""

    def __init__(self, build, folder, *options):
        self.port, self.log = served.free_port(), os.path.join(folder, "server.log")
        self.argv = [os.path.join(build, "pyro-serve"), "-server.http-listen-address=127.0.0.1",
                     "-server.http-listen-port=%d" % self.port, "-pyroscopedb.data-path=" + os.path.join(folder, "data"),
                     "-log.level=error", "-validation.max-profile-size-bytes=100000000", "-validation.max-profile-stacktrace-samples=0", "-querier.heatmaps-enabled", *served.OPEN, *options]
        self.url = "http://127.0.0.1:%d/" % self.port
        self.start()

    def start(self):
        self.process = served.Process(self.argv, self.port, self.log)

    def stop(self):
        self.process.stop()

    def get(self, path, body=None, **headers):
        status, fields, answer = self.process.request("GET" if body is None else "POST", path, body, headers)
        return status, answer, fields

    def push(self, name, when, body, **query):
        q = urllib.parse.urlencode({"name": name, "from": when, "until": when + STEP, "sampleRate": 100, **query})
        status, answer, _ = self.get("/ingest?" + q, body)
        assert status == 200, (status, answer)


class Sums:
    """What was pushed, by selection: the test's own sums, in samples of 10 ms."""

    def __init__(self):
        self.rows = []

    def keep(self, when, labels, body):
        for line in body.decode().splitlines():
            stack, n = line.rsplit(" ", 1)
            self.rows.append((when, labels, stack.split(";"), int(n)))

    def of(self, test=lambda when, labels: True):
        return [r for r in self.rows if test(r[0], r[1])]


def total(rows, accept=None):
    return sum(n for _, _, stack, n in rows if accept is None or any(accept(f) for f in stack))


def functions(rows):
    own, whole = collections.Counter(), collections.Counter()
    for _, _, stack, n in rows:
        own[stack[-1]] += n
        for f in set(stack):
            whole[f] += n
    return own, whole


def digits(v):
    return str(int(v)) if v == int(v) and abs(v) < 10000 else "%.*f" % (2 if abs(v) < 10 else 1 if abs(v) < 100 else 0, v)


def cpu_text(samples):
    ns = samples * 10000000
    for size, unit in ((3600e9, "h"), (60e9, "min"), (1e9, "s"), (1e6, "ms")):
        if ns >= size:
            return digits(ns / size) + " " + unit
    return "0"


def part(v, whole):
    return digits(100 * v / whole) + " %"


def fill(server, sums):
    for k in range(STEPS):
        when = START + k * STEP
        version = "2.0" if k >= STEPS * 5 // 8 else "1.9"
        for pod in ("shop-a", "shop-b"):
            labels = {"env": "prod", "pod": pod, "version": version}
            body = shop_stacks.cpu(when, version, pod)
            server.push("shop.cpu{%s}" % ",".join("%s=%s" % i for i in labels.items()), when, body)
            sums.keep(when, labels, body)
    server.push("shop.alloc_space{env=prod}", START, b"main.main;make 3145728\nmain.main;append 1048576", units="bytes")
    server.push("wide.cpu{}", START, shop_stacks.wide(1000))
    server.push("hostile.cpu{region=%s}" % HOSTILE.replace(",", "").replace("=", ""), START,
                ("main;%s;leaf 5\nmain;%s 7" % (HOSTILE, "long" * 500)).encode())


class Tests(more.More):
    def __init__(self, build, folder, pictures):
        self.build, self.folder, self.pictures = build, folder, pictures
        self.server = Server(build, folder)
        self.sums = Sums()
        self.notes = []

    # ---- helpers ----

    def picture(self, page, name):
        if self.pictures:
            page.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            page.picture(os.path.join(self.pictures, name + ".png"))

    def show(self, query="", width=1280, height=800, **emulation):
        page = self.browser.page(width, height, **emulation)
        page.open(self.server.url + "#" + SPAN + ("&" + query if query else ""))
        page.wait(IDLE)
        return page

    def settle(self, page, condition):
        page.wait("(%s) && %s" % (condition, IDLE))

    def names(self, page):
        return page.js("[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[0].innerText)")

    def row(self, page, name):
        return page.js("[...([...document.querySelectorAll('#table tbody tr')].find(r => r.cells[0].innerText === %r) || {cells: []}).cells]"
                       ".map(c => c.innerText.replace(/\\s+/g, ' '))" % name)

    def frame(self, page, name, canvas=CANVAS):
        """Where a frame is on the canvas: found as people find it, by the pointer."""
        r = page.rect(canvas)
        for y in range(10, int(r["height"]), 21):
            for x in range(2, int(r["width"]), 12):
                page.mouse("mouseMoved", r["x"] + x, r["y"] + y)
                if page.text("#tip b") == name:
                    return x, y
        raise AssertionError("no frame is called " + name)

    def has_colour(self, page, canvas, test):
        return page.js("(() => { const c = document.querySelector(%r), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                       " for (let i = 0; i < d.length; i += 4) { const [r, g, b] = [d[i], d[i + 1], d[i + 2]]; if (%s) return true; } return false; })()"
                       % (canvas, test))

    # ---- what is served ----

    def test_budget_and_headers(self):
        status, body, headers = self.server.get("/")
        text, policy = body.decode(), headers["content-security-policy"]
        assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
        packed = self.server.get("/", None, **{"Accept-Encoding": "gzip"})[1]
        assert gzip.decompress(packed).count(b"\n") == body.count(b"\n") and len(packed) <= 80000, "the page is sent as %d bytes" % len(packed)
        assert len(body) <= 120000, "the page has %d bytes" % len(body)
        assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text), "an outside address"
        assert "default-src 'none'" in policy and "unsafe" not in policy, policy
        nonces = re.findall(r"<(?:style|script)[^>]*>", text)
        nonce = re.fullmatch(r'<style nonce="([A-Za-z0-9+/]{24})">', nonces[0]).group(1)
        assert nonces == ['<style nonce="%s">' % nonce, '<script nonce="%s">' % nonce], nonces
        assert all("%s-src 'nonce-%s'" % (tag, nonce) in policy for tag in ("style", "script")), policy
        assert nonce not in self.server.get("/")[1].decode(), "the nonce of an earlier answer"
        self.notes.append("the page: %d bytes, %d as gzip" % (len(body), len(packed)))

    def test_before_the_first_profile(self):
        page = self.browser.page(1280, 800)
        page.open(self.server.url)
        page.wait("!document.querySelector('#empty').hidden")
        assert "No profiles yet" in page.text("#empty") and self.server.url + "ingest" in page.text("#empty pre")
        assert page.js("document.querySelector('#over').hidden && document.querySelector('#graph').hidden")
        self.picture(page, "empty")
        self.server.push("fresh.cpu{}", int(time.time()) - STEP, b"main;work 100")
        page.click("#empty button")
        self.settle(page, "!document.querySelector('#overview').hidden")
        assert page.attribute("#live", "aria-pressed") == "true"
        page.click("#services .who button")
        self.settle(page, "!document.querySelector('#over').hidden")
        assert page.text("#title") == "process_cpu · cpu of fresh: 1 s", page.text("#title")
        fill(self.server, self.sums)
        return page

    # ---- choosing ----

    def test_choose_service_type_time(self):
        page = self.show("service=shop")
        rows = self.sums.of()
        assert page.text("#title") == "process_cpu · cpu of shop: " + cpu_text(total(rows)), page.text("#title")
        services = page.js("[...document.querySelector('#service').options].map(o => o.value)")
        assert services == ["", "hostile", "shop", "wide"], services
        page.choose("#by", "version")
        self.settle(page, "document.querySelectorAll('#legend button').length === 2")
        self.picture(page, "light")
        page.choose("#type", page.js("[...document.querySelector('#type').options].map(o => o.value).find(v => v.startsWith('memory'))"))
        self.settle(page, "document.querySelector('#title').innerText.includes('memory')")
        assert page.text("#title").endswith("4 MB"), page.text("#title")
        page.choose("#service", "wide")
        self.settle(page, "document.querySelector('#title').innerText.includes('wide')")
        assert page.text("#title").startswith("process_cpu"), "a type that the service has"
        for expected in ("memory", "of shop"):
            page.js("history.back()")
            self.settle(page, "document.querySelector('#title').innerText.includes('%s')" % expected)
        page.js("history.forward()")
        self.settle(page, "document.querySelector('#title').innerText.includes('memory')")
        page.choose("#range", "7d")
        self.settle(page, "document.querySelector('#exact').hidden")
        assert "range=7d" in page.js("location.hash") and "from=" not in page.js("location.hash")
        return page

    def test_labels(self):
        page = self.show("service=shop")
        page.choose("#add", 'version="2.0"')
        self.settle(page, "document.querySelector('#labels').value === 'version=\"2.0\"'")
        want = total(self.sums.of(lambda when, labels: labels["version"] == "2.0"))
        assert page.text("#title").endswith(": " + cpu_text(want)), page.text("#title")
        page.choose("#by", "pod")
        self.settle(page, "document.querySelectorAll('#legend button').length === 2")
        page.js("[...document.querySelectorAll('#legend button')].find(b => b.innerText.endsWith('shop-a')).click()")
        self.settle(page, "document.querySelector('#labels').value.endsWith('pod=\"shop-a\"')")
        want = total(self.sums.of(lambda when, labels: labels["version"] == "2.0" and labels["pod"] == "shop-a"))
        assert page.text("#title").endswith(": " + cpu_text(want)), page.text("#title")
        page.click("#labels")
        page.js("document.querySelector('#labels').select()")
        page.type('pod=')
        page.key("Enter")
        page.wait("!document.querySelector('#error').hidden")
        assert page.text("#error").startswith('These labels cannot be read: unexpected "}"'), page.text("#error")
        assert page.text("#title"), "what was there stays"
        self.picture(page, "wrong")
        page.js("document.querySelector('#labels').select()")
        page.type('pod=~"shop-(b|x)"')
        page.key("Enter")
        self.settle(page, "document.querySelector('#error').hidden")
        want = total(self.sums.of(lambda when, labels: labels["pod"] == "shop-b"))
        assert page.text("#title").endswith(": " + cpu_text(want)), page.text("#title")
        return page

    def test_nothing_found(self):
        page = self.show('service=shop&labels=pod%3D"none"')
        page.wait("!document.querySelector('#empty').hidden")
        assert 'pod="none"' in page.text("#empty h2"), page.text("#empty")
        page.js("[...document.querySelectorAll('#empty button')].find(b => b.innerText === 'Without labels').click()")
        self.settle(page, "!document.querySelector('#over').hidden")
        assert page.js("document.querySelector('#empty').hidden")
        page.open(self.server.url + "#service=shop&from=1000&until=60000")
        page.wait("!document.querySelector('#empty').hidden && " + IDLE)
        assert "in this time" in page.text("#empty h2"), page.text("#empty")
        return page

    # ---- over time ----

    def test_time_line(self):
        page = self.show("service=shop")
        page.drag("#timeline", .25, .5, 60)
        self.settle(page, "!location.hash.includes('from=%d000')" % START)
        p = urllib.parse.parse_qs(page.js("location.hash.slice(1)"))
        lo, hi = int(p["from"][0]) / 1000, int(p["until"][0]) / 1000
        assert abs(lo - START - 900) < 10 and abs(hi - START - 1800) < 10, p
        rows = self.sums.of(lambda when, labels: lo <= when <= hi)
        self.settle(page, "document.querySelector('#title').innerText.endsWith(%r)" % (": " + cpu_text(total(rows))))
        page.hover("#timeline", 300, 60)
        page.wait("document.querySelector('#tip').innerText.includes('cores')")
        page.js("document.querySelector('#timeline').focus()")
        for key, seconds in (("-", 1800), ("+", 900), ("ArrowRight", 900)):
            page.key(key)
            self.settle(page, "true")
            p = urllib.parse.parse_qs(page.js("location.hash.slice(1)"))
            assert abs(int(p["until"][0]) - int(p["from"][0]) - seconds * 1000) < 20000, (key, p)
        assert abs(int(p["from"][0]) / 1000 - lo - 225) < 10, "moved by a quarter"
        page.js("history.back()")
        self.settle(page, "true")
        page.click("#wider")
        self.settle(page, "location.hash.includes('from=')")
        return page

    # ---- flame graph ----

    def test_flame_graph_by_mouse(self):
        page = self.show("service=shop")
        rows = self.sums.of()
        whole, (own, sums) = total(rows), functions(rows)
        name = "github.com/shop/shop/cart.(*Store).Put"
        x, y = self.frame(page, name)
        tip = page.text("#tip")
        assert "total %s (%s)" % (cpu_text(sums[name]), part(sums[name], whole)) in tip, tip
        assert "self 0 (0 %)" in tip, tip
        page.click(CANVAS, x, y)
        page.wait("!document.querySelector('#all').hidden")
        assert name in page.text("#detail") and "zoom=" in page.js("location.hash")
        page.hover(CANVAS, 10, y + 21)  # the zoomed frame begins at the left edge now
        page.wait("document.querySelector('#tip').innerText.includes('of the zoomed frame')")
        self.picture(page, "zoomed")
        page.click("#all")
        page.wait("document.querySelector('#all').hidden && !location.hash.includes('zoom=')")
        page.js("history.back()")
        page.wait("!document.querySelector('#all').hidden")
        page.js("[...document.querySelectorAll('#detail button')].find(b => b.innerText === 'Callers').click()")
        page.wait("document.querySelectorAll('.flame').length === 2")
        assert name in page.text("#leave")
        self.frame(page, "github.com/shop/shop/cart.(*Handler).Add", "#flames > :first-child canvas")
        self.picture(page, "callers")
        assert [s for s, _ in page.texts()].count("%s  %s" % (name, cpu_text(sums[name]))) == 2, "the function has its own time on both sides"
        self.frame(page, "github.com/shop/shop/cache.(*LRU).evict", "#flames > :last-child canvas")
        page.click("#leave")
        page.wait("document.querySelectorAll('.flame').length === 1")
        return page

    def test_flame_graph_by_keyboard(self):
        page = self.show("service=shop")
        for first in ("home", "service"):
            page.key("Tab")
            assert page.js("document.activeElement.id") == first, "the first stops of the Tab key"
        for _ in range(70):
            if page.js("document.activeElement === document.querySelector('%s')" % CANVAS):
                break
            page.key("Tab")
        page.key("ArrowDown")
        page.wait("document.querySelector('#detail b').innerText === 'total'")
        for expected in ("runtime.goexit", "net/http.(*conn).serve", "net/http.serverHandler.ServeHTTP",
                         "github.com/gorilla/mux.(*Router).ServeHTTP"):
            page.key("ArrowDown")
            assert page.text("#detail b") == expected, page.text("#detail b")
        page.key("ArrowUp")
        assert page.text("#detail b") == "net/http.serverHandler.ServeHTTP"
        page.key("ArrowDown")
        page.key("ArrowDown")
        first = page.text("#detail b")
        page.key("ArrowLeft")
        page.key("ArrowLeft")
        page.key("ArrowRight")
        assert page.text("#detail b") != first
        page.key("Enter")
        page.wait("location.hash.includes('zoom=')")
        page.key("Backspace")
        page.wait("location.hash.includes('zoom=')")
        page.key("Home")
        page.wait("!location.hash.includes('zoom=')")
        page.key("/")
        assert page.js("document.activeElement.id") == "find"
        page.type("Sum256")
        page.wait("document.querySelector('#found').innerText.startsWith('1 found:')")
        page.key("Escape")
        page.wait("document.querySelector('#find').value === '' && document.querySelector('#found').innerText === ''")
        assert page.js("document.querySelector('#detail').hidden")
        return page

    def test_search(self):
        page = self.show("service=shop")
        rows = self.sums.of()
        whole, (_, sums) = total(rows), functions(rows)
        page.click("#find")
        page.type("json")
        n, hit = sum("json" in f for f in sums), total(rows, lambda f: "json" in f)
        page.wait("document.querySelector('#found').innerText !== ''")
        want = "%d found: %s (%s)" % (n, cpu_text(hit), part(hit, whole))
        page.wait("document.querySelector('#found').innerText === %r" % want)
        assert all("json" in f for f in self.names(page))
        assert self.has_colour(page, CANVAS, "r === 0xe8 && g === 0x59 && b === 0x0c"), "hits are marked"
        page.js("document.querySelector('#find').select()")
        page.type("/^math.*(Mul|mul)$/")
        page.wait("document.querySelector('#found').innerText.startsWith('2 found')")
        page.js("document.querySelector('#find').select()")
        page.type("/(/")
        page.wait("/expression/.test(document.querySelector('#found').innerText)")
        page.js("document.querySelector('#find').select()")
        page.type('"sync.(*Mutex).Lock"')
        page.wait("document.querySelector('#found').innerText.startsWith('1 found:')")
        assert page.js("history.length") <= 3, "typing leaves no trail"
        return page

    # ---- table ----

    def test_table(self):
        page = self.show("service=shop")
        rows = self.sums.of()
        whole, (own, sums) = total(rows), functions(rows)
        by_self = sorted(sums, key=lambda f: (-own[f], f))
        assert self.names(page)[:10] == by_self[:10], self.names(page)[:10]
        top = by_self[0]
        assert self.row(page, top) == [top, "%s %s" % (cpu_text(own[top]), part(own[top], whole)),
                                       "%s %s" % (cpu_text(sums[top]), part(sums[top], whole))], self.row(page, top)
        walk = "github.com/shop/shop/jobs.(*Nightly).walk"
        assert cpu_text(sums[walk]) in self.row(page, walk)[2], "a recursive function counts once"
        page.click("#table th:nth-child(3) button")
        page.wait("document.querySelector('#table th:nth-child(3)').getAttribute('aria-sort') === 'descending'")
        assert self.names(page)[0] == min(sums, key=lambda f: (-sums[f], f)), self.names(page)[0]
        page.click("#table th:nth-child(3) button")
        page.wait("document.querySelector('#table th:nth-child(3)').getAttribute('aria-sort') === 'ascending'")
        page.click("#table th:nth-child(1) button")
        page.wait("document.querySelector('#table th:nth-child(1)').getAttribute('aria-sort') === 'ascending'")
        assert self.names(page)[:20] == sorted(sums)[:20]
        page.js("document.querySelector('#table tbody tr').focus()")
        page.key("ArrowDown")
        page.key("Enter")
        page.wait("document.querySelector('#find').value === %r" % ('"%s"' % sorted(sums)[1]))
        page.js("[...document.querySelectorAll('[data-view]')].find(b => b.innerText === 'Table').click()")
        page.wait("document.querySelector('#flames').offsetWidth === 0")
        assert "view=table" in page.js("location.hash") and "sort=function" in page.js("location.hash")
        return page

    # ---- comparing ----

    def test_compare(self):
        page = self.show("service=shop")
        page.click("#compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        half = START + STEP * STEPS // 2
        before, after = self.sums.of(lambda when, _: when <= half), self.sums.of(lambda when, _: when > half)
        assert "before: " + cpu_text(total(before)) in page.text("#flames"), page.text("#flames")
        page.js("(() => { const s = document.querySelector('#preset'); s.value = '0'; s.dispatchEvent(new Event('change')); })()")
        self.settle(page, "document.querySelector('#time-a').innerText === document.querySelector('#time-b').innerText")
        for field, version in (("#la", "1.9"), ("#lb", "2.0")):
            page.click(field)
            page.type('version="%s"' % version)
            page.key("Enter")
            self.settle(page, "document.activeElement.value.includes('%s')" % version)
        before = self.sums.of(lambda _, labels: labels["version"] == "1.9")
        after = self.sums.of(lambda _, labels: labels["version"] == "2.0")
        self.settle(page, "document.querySelector('#flames').innerText.includes(%r)" % ("after: " + cpu_text(total(after))))
        (_, b), (_, a) = functions(before), functions(after)
        for name in ("encoding/json.Marshal", "github.com/shop/shop/cache.(*LRU).Set", "sort.insertionSort_func"):
            got, points = self.row(page, name), 100 * (a[name] / total(after) - b[name] / total(before))
            change = "new" if not b[name] else ("+" if points > 0 else "") + digits(round(points, 2)) + " points"
            assert got == [name, ("%s %s" % (cpu_text(b[name]), part(b[name], total(before)))),
                           "%s %s" % (cpu_text(a[name]), part(a[name], total(after))), change], (got, change)
        shares = lambda f: abs(a[f] / total(after) - b[f] / total(before))  # noqa: E731
        assert self.names(page)[0] == min(set(a) | set(b), key=lambda f: (-round(shares(f), 12), f)), self.names(page)[0]
        for canvas in ("#flames > :first-child canvas", "#flames > :last-child canvas"):
            assert self.has_colour(page, canvas, "r > b + 40 && r > 180"), "red where more"
            assert self.has_colour(page, canvas, "b > r + 40 && b > 180"), "blue where less"
        self.frame(page, "encoding/json.Marshal", "#flames > :last-child canvas")
        assert re.search(r"before .*\nafter .*\nchange \+", page.text("#tip")), page.text("#tip")
        self.picture(page, "compare")
        page.click("#pick-b")
        page.wait("document.querySelector('#pick-b').getAttribute('aria-pressed') === 'true'")
        page.drag("#timeline", .7, .9, 60)
        self.settle(page, "!location.hash.includes('b=%d000')" % START)
        p = urllib.parse.parse_qs(page.js("location.hash.slice(1)"))
        lo, hi = (int(v) / 1000 for v in p["b"][0].split("-"))
        assert abs(lo - START - 2520) < 12 and abs(hi - START - 3240) < 12, p
        hash_before, text_before = page.js("location.hash"), page.text("#flames")
        page.reload()
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        assert page.js("location.hash") == hash_before and page.text("#flames") == text_before
        page.click("#compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 1")
        return page

    # ---- looks ----

    def test_dark(self):
        page = self.show("service=shop", scheme="dark")
        background = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(v => v %s 128)"
        assert page.js(background % "<"), "as the system has it"
        self.picture(page, "dark")
        page.click("#theme")
        page.wait(background % ">")
        page.reload()
        self.settle(page, "document.querySelectorAll('.flame').length === 1")
        assert page.js(background % ">"), "the switch is remembered"
        page.js("document.activeElement.blur()")
        page.key("t")
        page.wait(background % "<")
        page.js("localStorage.clear()")
        return page

    def test_phone(self):
        page = self.show("service=shop", width=390, height=844, touch=True, scale=2)
        fits = "document.scrollingElement.scrollWidth <= innerWidth"
        assert page.js(fits), "nothing is wider than the screen"
        assert page.rect(CANVAS)["y"] < 640, "the graph begins on the first screen"
        self.picture(page, "phone")
        small = page.js("[...document.querySelectorAll('button, select, input')].filter(e => e.offsetWidth && e.getBoundingClientRect().height < 36"
                        " && !e.closest('th')).map(e => e.id || e.innerText)")
        assert not small, "too small for a finger: %s" % small
        page.tap(CANVAS, 150, 115)
        page.wait("!document.querySelector('#detail').hidden")
        assert "zoom=" not in page.js("location.hash"), "the first tap tells"
        page.tap(CANVAS, 150, 115)
        page.wait("location.hash.includes('zoom=')")
        self.picture(page, "phone-zoomed")
        page.tap("#compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        a, b = page.rect("#flames > :first-child"), page.rect("#flames > :last-child")
        assert page.js(fits) and abs(a["width"] - b["width"]) < 2 and a["width"] > 300, "one below the other"
        self.picture(page, "phone-compare")
        return page

    # ---- what goes wrong ----

    def test_state_in_the_address(self):
        page = self.show("service=shop")
        x, y = self.frame(page, "github.com/shop/shop/search.(*Handler).Find")
        page.click(CANVAS, x, y)
        page.wait("location.hash.includes('zoom=')")
        page.click("#find")
        page.type("regexp")
        page.choose("#by", "version")
        self.settle(page, "document.querySelectorAll('#legend button').length === 2")
        page.click("#table th:nth-child(3) button")
        page.wait("location.hash.includes('sort=total')")
        look = "['#title', '#found', '#legend', '#table', '#labels'].map(s => document.querySelector(s).innerText).join('|') + document.querySelector('#find').value"
        was, address = page.js(look), page.js("location.href")
        again = self.browser.page(1280, 800)
        again.open(address)
        self.settle(again, "document.querySelectorAll('.flame').length === 1 && !document.querySelector('#all').hidden")
        assert again.js(look) == was, (again.js(look), was)
        again.open(self.server.url + "#from=x&until=-&range=99y&a=1-2-3&view=%3Cb%3E&sort=zzz&zoom=zzz&find=%2F(&focus=nobody&service=shop&" + SPAN)
        self.settle(again, "document.querySelectorAll('.flame').length === 1")
        assert not again.complaints(), again.complaints()
        again.close()
        return page

    def test_hostile_names(self):
        page = self.show("service=hostile")
        assert HOSTILE in self.names(page) and not page.js("document.querySelectorAll('img').length")
        self.frame(page, HOSTILE)
        page.choose("#by", "region")
        self.settle(page, "document.querySelectorAll('#legend button').length === 1")
        assert "<img src" in page.text("#legend"), page.text("#legend")
        page.click("#legend button")
        self.settle(page, "document.querySelector('#labels').value !== ''")
        assert page.js("document.querySelector('#error').hidden"), page.text("#error")
        self.frame(page, "long" * 500)
        tip = page.rect("#tip")
        assert tip["x"] >= 0 and tip["x"] + tip["width"] <= 1280, "a long name stays on the screen"
        assert page.js("document.scrollingElement.scrollWidth <= innerWidth")
        return page

    def test_many_frames(self):
        wanted = 120000
        self.server.push("huge.cpu{}", START, shop_stacks.wide(wanted))
        page = self.show("service=huge&nodes=1000000")
        frames = page.js("board.model.n")
        assert frames > 100000, frames
        page.wait("document.querySelector('#table tbody').lastChild.innerText.endsWith(' more')")
        took = page.cpu("for (let i = 0; i < 20; i++) { board.views[0].draw(); board.views[0].g.getImageData(0, 0, 1, 1); }") / 20
        self.notes.append("%d frames: a draw takes %.1f ms of CPU" % (frames, took))
        assert took < 50, took
        least, *rest = page.draws("v.m === board.model")
        self.notes.append("%d frames: 15 draws take %.1f ms by the clock at least, median %.1f, at most %.1f" % (frames, least, *rest))
        assert least < 50, least
        page.js("window.kept = document.querySelector('#table tbody tr'); board.zoomTo(board.model.starts[1]); null")
        page.wait("location.hash.includes('zoom=')")
        assert page.js("document.querySelector('#table tbody tr') === window.kept"), "a zoom makes no new table"
        page.js("board.zoomTo(0)")
        page.click("#find")
        page.type("mod7.")
        page.wait("document.querySelector('#found').innerText.includes('found')")
        self.picture(page, "many")
        return page

    def test_server_stops(self):
        page = self.show("service=shop")
        title = page.text("#title")
        self.server.stop()
        try:
            page.click("#reload")
            page.wait("!document.querySelector('#error').hidden && " + IDLE)
            assert "does not answer" in page.text("#error"), page.text("#error")
            assert page.attribute("#error", "role") == "alert" and page.text("#title") == title, "what was there stays"
            self.picture(page, "stopped")
        finally:
            self.server.start()
        page.click("#error button")
        self.settle(page, "document.querySelector('#error').hidden")
        assert page.text("#title") == title
        said = [c for c in page.complaints() if "ERR_CONNECTION_REFUSED" not in c]
        page.close()
        assert not said, said

    def test_tenants(self):
        folder = os.path.join(self.folder, "tenants")
        os.mkdir(folder)
        server = Server(self.build, folder, "-auth.multitenancy-enabled=true")
        try:
            q = urllib.parse.urlencode({"name": "one.cpu{}", "from": START, "until": START + 10, "sampleRate": 100})
            assert server.get("/ingest?" + q, b"main;a 50", **{"X-Scope-OrgID": "team-a"})[0] == 200
            page = self.browser.page(1280, 800)
            page.open(server.url + "#service=one&" + SPAN)
            page.wait("!document.querySelector('#error').hidden")
            assert "tenant" in page.text("#error")
            page.click("#tenant")
            page.type("team-a")
            page.key("Enter")
            self.settle(page, "document.querySelector('#title').innerText.endsWith('of one: 500 ms')")
            page.close()
        finally:
            server.stop()

    # ---- the file that pyro-query writes ----

    def test_html_files(self):
        files = {}
        for name, when, version in (("before", START, "1.9"), ("after", START, "2.0")):
            files[name] = os.path.join(self.folder, name + ".folded")
            with open(files[name], "wb") as f:
                f.write(shop_stacks.cpu(when, version, "shop-a"))
        program = os.path.join(self.build, "pyro-query")
        one, two = os.path.join(self.folder, "one.html"), os.path.join(self.folder, "two.html")
        for out, command in ((one, [program, "html", files["before"]]),
                             (two, [program, "diff", "--output", "html", files["before"], files["after"]])):
            with open(out, "wb") as f:
                subprocess.run(command, stdout=f, check=True)
        page = self.browser.page(1280, 800)
        page.open("file://" + one)
        page.wait("document.querySelectorAll('#table tbody tr').length > 10")
        x, y = self.frame(page, "encoding/json.Marshal")
        page.click(CANVAS, x, y)
        page.click("#search")
        page.type("json")
        page.wait("/^matched .* %/.test(document.querySelector('#stat').innerText)")
        self.picture(page, "file")
        page.click("#flip")
        page.wait("document.querySelectorAll('.flame').length === 1")
        page.key("Escape")
        page.wait("document.querySelector('#search').value === ''")
        # several sample types, who calls a function, views, the address
        both = os.path.join(self.folder, "both.html")
        profile = os.path.join(self.folder, "both.pb")
        subprocess.run([os.path.join(HERE, "..", "lib", "make_profile.py"), profile, "--type", "alloc_objects:count", "--type", "alloc_space:bytes",
                        "--stack", "main;serve;parse=30,3145728", "--stack", "main;idle;parse=70,1048576"], check=True)
        with open(both, "wb") as f:
            subprocess.run([program, "html", profile], stdout=f, check=True)
        page.open("file://" + both)
        page.wait("document.querySelectorAll('#type option').length === 2")
        assert page.text("#stat") == "4 MB", page.text("#stat")
        page.choose("#type", "0")
        page.wait("document.querySelector('#stat').innerText === '100'")
        assert page.js("location.hash") == "#graph=0"
        page.js("go({ focus: 'parse' })")
        page.wait("document.querySelectorAll('.callers .flame').length === 1 && document.querySelectorAll('.callees .flame').length === 1")
        page.reload()
        page.wait("document.querySelectorAll('.flame').length === 2")
        self.picture(page, "file-callers")
        page.click("#leave")
        page.wait("document.querySelectorAll('.flame').length === 1")
        page.click("[data-view=table]")
        page.wait("getComputedStyle(document.querySelector('#flames')).display === 'none'")
        page.js("history.back()")
        page.wait("getComputedStyle(document.querySelector('#flames')).display !== 'none'")
        page.open("file://" + two)
        page.wait("document.querySelectorAll('.flame').length === 2")
        assert self.has_colour(page, "#flames > :last-child canvas", "r > b + 40 && r > 180")
        self.picture(page, "file-compare")
        return page


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=served.BUILD)
    p.add_argument("--pictures")
    p.add_argument("names", nargs="*")
    args = p.parse_args()
    tests = [n for c in (Tests, more.More) for n in c.__dict__ if n.startswith("test_")]
    if args.names:
        tests = [n for n in tests if n[5:] in args.names or n == "test_before_the_first_profile"]
    if args.pictures:
        os.makedirs(args.pictures, exist_ok=True)
    bad = 0
    with served.Folder() as folder:
        t = Tests(args.build, folder, args.pictures)
        try:
            with Browser(folder) if find_chromium() else contextlib.nullcontext() as t.browser:
                for n, name in enumerate(tests, 1):
                    if not t.browser and name != "test_budget_and_headers":
                        print("ok %d - %s # SKIP chromium is not installed" % (n, name[5:].replace("_", " ")))
                        continue
                    try:
                        page = getattr(t, name)()
                        if page:
                            said, asked = page.complaints(), page.addresses()
                            page.close()
                            said = [s for s in said if "status of 400" not in s]  # questions that the test asks wrongly
                            assert not said, said
                            assert all(a.startswith((t.server.url, "data:", "file://", "about:")) for a in asked), asked
                        print("ok %d - %s" % (n, name[5:].replace("_", " ")), flush=True)
                    except Exception as e:  # pylint: disable=broad-except
                        bad += 1
                        print("not ok %d - %s" % (n, name[5:].replace("_", " ")))
                        where = [f for f in traceback.extract_tb(e.__traceback__) if f.filename.endswith(("page.py", "more.py"))]
                        print("# " + ", ".join("%s:%d" % (os.path.basename(f.filename), f.lineno) for f in where[1:]))
                        for line in str(e).splitlines()[:20]:
                            print("# " + line[:600], flush=True)
        finally:
            t.server.stop()
    for note in t.notes:
        print("# " + note)
    print("1..%d" % len(tests))
    return 1 if bad else 0


sys.exit(main())
