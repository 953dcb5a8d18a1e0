"""more.py - tests of page.py about what a first look does not need: all services, files, sides of a comparison, charts, heat
maps, labels, source lines, what opens, export, and graphs of a million frames. Python's own sums are the expected values."""
import gzip
import json
import math
import os
import re
import subprocess
import urllib.parse

import browser
import shop_stacks

START = 1768471200  # as page.py has it
DAY = 86400
SPAN = "from=%d&until=%d" % (START * 1000, (START + 3600) * 1000)
MAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib", "make_profile.py")
ANSWER = "window.answer === undefined ? new Promise(done => { const look = () => window.answer ? done(window.answer) : setTimeout(look, 20); look(); }) : window.answer"
TRACE = [{"name": n, "ph": p, "ts": t, "pid": 1, "tid": 7} for n, p, t in (
    ("load", "B", 0), ("parse", "B", 100000), ("parse", "E", 300000), ("load", "E", 400000), ("draw", "B", 700000), ("draw", "E", 1000000))]


class More:
    # ---- helpers ----

    def text_of(self, page, selector):
        return page.js("[...document.querySelectorAll(%s)].map(e => e.innerText.replace(/\\s+/g, ' '))" % json.dumps(selector))

    def button(self, page, text, within="body"):
        page.js("[...document.querySelector(%s).querySelectorAll('button')].find(b => b.innerText === %s).click()"
                % (json.dumps(within), json.dumps(text)))

    def give(self, page, names, how="view"):
        """Files as a user gives them: by the dialog of the browser, or dropped on a place of the page."""
        paths = [os.path.join(self.folder, n) for n in names]
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        node = page.call("DOM.querySelector", nodeId=root, selector="#files")["nodeId"]
        if how == "view":
            page.call("DOM.setFileInputFiles", files=paths, nodeId=node)
            return
        where = {"drop": [640, 700], "drop-compare": [960, 400]}[how]
        data = {"items": [], "files": paths, "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "dragOver", "drop"):
            page.call("Input.dispatchDragEvent", type=kind, x=where[0], y=where[1], data=data)

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)
        return name

    def saved(self, page, press):
        """The bytes and the name that a click saves: the page's link is taken before the browser follows it."""
        page.js("window.answer = undefined; HTMLAnchorElement.prototype.click = function () {"
                " const name = this.download; const blob = window.lastBlob;"
                " blob.arrayBuffer().then(b => { window.answer = [name, [...new Uint8Array(b)].map(c => String.fromCharCode(c)).join('')]; }); };"
                " URL.createObjectURL = b => { window.lastBlob = b; return 'data:,'; }; null")
        press()
        try:
            name, text = page.js(ANSWER)
        except RuntimeError as e:
            raise AssertionError("nothing was saved: %s" % page.text("#error")) from e
        return name, text.encode("latin-1")

    # ---- all services ----

    def test_all_services(self):
        if not getattr(self, "yesterday", False):
            self.server.push("grown.cpu{}", START - DAY + 600, b"main;steady 100\nmain;grown 100")
            self.server.push("grown.cpu{}", START + 600, b"main;steady 100\nmain;grown 300")
            self.yesterday = True
        page = self.show()
        self.settle(page, "document.querySelectorAll('#services .who').length > 3")
        names = self.text_of(page, "#services .who button")
        assert names[0] == "shop" and set(names) >= {"shop", "wide", "hostile", "grown"}, names
        page.wait("[...document.querySelectorAll('#services li')].find(l => l.who === 'grown').querySelectorAll('.top').length === 2")
        row = page.js("[...document.querySelectorAll('#services li')].find(l => l.who === 'grown').innerText.replace(/\\s+/g, ' ')")
        # 400 samples of 10 ms in an hour are 1.11 thousandths of a core; 200 the day before
        assert re.search(r"^grown 1.11 mcores .* \+100\.0 % since yesterday grown 75 % \+25\.0 steady 25 % -25\.0$", row.replace("0.00", "0")), row
        lines = page.js("[...[...document.querySelectorAll('#services li')].find(l => l.who === 'grown').querySelectorAll('polygon, polyline')].map(p => p.getAttribute('points'))")
        now, then = ([float(xy.split(",")[1]) for xy in line.split()] for line in lines)
        # one profile each is one step of the time, not a line through all of it; twice as much as the day before
        assert now == [38, 2, 2, 38] and then == [38, 20, 20, 38], lines
        self.picture(page, "services")
        page.js("[...document.querySelectorAll('#services li')].find(l => l.who === 'grown').querySelector('.top').click()")
        self.settle(page, "document.querySelector('#found').innerText.startsWith('1 found: 3 s')")
        page.key("Escape")
        page.click("#home")
        self.settle(page, "!document.querySelector('#overview').hidden && document.querySelector('#over').hidden")
        page.choose("#kind", page.js("[...document.querySelector('#kind').options].map(o => o.value).find(v => v.startsWith('memory'))"))
        self.settle(page, "document.querySelectorAll('#services .who').length === 1")
        rest = self.text_of(page, "#services .rest")[0].split()
        assert rest[:4] == ["without", "such", "profiles:", "grown"] and set(rest[3:]) == set(names) - {"shop"}, rest
        return page

    def test_levels(self):
        """What is in use is no sum over time: the mean of the profiles is shown, and the word says so."""
        for k, sizes in enumerate(((1, 5), (2, 4))):
            for pod, size in enumerate(sizes):
                self.server.push("level.inuse_space{pod=p%d}" % pod, START + 60 + 60 * k, b"main;keep %d" % (size << 20), units="bytes")
        page = self.show("service=level")
        assert page.text("#title") == "memory · inuse_space of level: 12 MB in all profiles", page.text("#title")
        page.hover("#timeline", 100, 60)
        got = page.js("[rate(3 << 20), ...series.map(s => s.sum / 1048576)]")
        assert got == ["3 MB a profile", 3], got
        page.click("#home")
        self.settle(page, "!document.querySelector('#overview').hidden && [...document.querySelectorAll('#services li')].some(l => l.who === 'level')")
        row = page.js("[...document.querySelectorAll('#services li')].find(l => l.who === 'level').innerText.replace(/\\s+/g, ' ')")
        assert row.startswith("level 3 MB a profile "), row
        return page

    def test_kinds_with_one_name(self):
        for period in ("cpu:nanoseconds:1000", "wall:nanoseconds:1000"):
            profile = os.path.join(self.folder, "kind.pb")
            subprocess.run([MAKE, profile, "--type", "cpu:nanoseconds", "--period", period, "--stack", "main=1000"], check=True)
            with open(profile, "rb") as f:
                self.server.push("kinds{}", START, f.read(), format="pprof")
        page = self.show("service=kinds")
        texts = page.js("[...document.querySelector('#type').options].map(o => o.text)")
        assert texts == ["process_cpu · cpu (nanoseconds:cpu:nanoseconds)", "process_cpu · cpu (nanoseconds:wall:nanoseconds)"], texts
        return page

    def test_keys_keep_their_place(self):
        page = self.show()
        self.settle(page, "document.querySelectorAll('#services .top').length > 0")
        page.js("[...document.querySelectorAll('#services .who button')].find(b => b.innerText === 'shop').focus()")
        page.js("document.activeElement.old = true")
        page.key("r")
        self.settle(page, "document.activeElement.innerText === 'shop' && !document.activeElement.old")
        page.key("Enter")
        self.settle(page, "document.activeElement.id === 'title'")
        page.js("document.querySelectorAll('#table tbody tr')[2].focus()")
        third = page.js("document.activeElement.innerText")
        page.js("document.activeElement.old = true")
        page.key("r")
        self.settle(page, "!document.activeElement.old && document.activeElement.innerText === %s" % json.dumps(third))
        return page

    # ---- pictures ----

    def test_shapes(self):
        page = self.show("service=shop")
        self.button(page, "Flame")
        page.wait("location.hash.includes('shape=flame') && boards[0].views[0].upward && boards[0].views[0].width > 0")
        r = page.rect(".flame canvas")
        page.hover(".flame canvas", 100, r["height"] - 10)
        page.wait("document.querySelector('#tip b').innerText === 'total'")
        self.picture(page, "flame")
        self.button(page, "Chart")
        self.settle(page, "boards[0].model.slots > 0")
        # an hour is 24 slices, two and a half minutes each: the bars of the first say what was pushed then
        whole = sum(n for when, _, _, n in self.sums.rows if START <= when < START + 150)
        assert page.js("[boards[0].model.starts[2] - boards[0].model.starts[1], boards[0].model.w[0][1]]") == [24, whole * 10**7]
        times = [x for s, x in page.texts() if re.fullmatch(r"\d+:\d\d\s[AP]M", s)]
        assert len(times) >= 5 and all(b - a > 60 for a, b in zip(times, times[1:])), "times that do not hide each other: %s" % times
        page.hover(".flame canvas", 8, 31)
        page.wait("/total .* self 0/.test(document.querySelector('#tip').innerText.replace(/\\s+/g, ' '))")
        self.picture(page, "chart")
        assert page.text("#title").endswith(page.js("valueText(boards[0].model.totals[0], 'nanoseconds')")), "all of it"
        return page

    def test_heat_map(self):
        page = self.show("service=shop")
        page.choose("#heat", "label")
        self.settle(page, "document.querySelector('#by').value !== ''")
        page.choose("#by", "pod")
        self.settle(page, "document.querySelectorAll('#legend button').length === 2")
        page.hover("#timeline", 300, 20)
        page.wait("/shop-[ab]: [0-9.]+ cores/.test(document.querySelector('#tip').innerText)")
        assert self.has_colour(page, "#timeline", "r > 200 && g < 110 && b < 60 && d[i + 3] > 200"), "hot is red"
        self.heat_names_stand_on_the_card(page)
        self.picture(page, "heat")
        page.drag("#timeline", .25, .5, 25)
        self.settle(page, "!location.hash.includes('from=%d000')" % START)
        page.choose("#heat", "size")
        self.settle(page, "sizes && sizes.length > 0")
        lo, hi = (int(v) / 1000 for v in re.search(r"from=(\d+)&until=(\d+)", page.js("location.hash")).groups())
        pushed = len({(when, labels["pod"]) for when, labels, _, _ in self.sums.rows if lo <= when <= hi})
        drawn = page.js("heatRows().reduce((n, r) => n + r.cells.reduce((m, c) => m + c[1], 0), 0)")
        assert pushed > 100 and abs(drawn - pushed) <= 8, (pushed, drawn)
        page.wait("document.querySelector('#timeline').clientHeight > 100")
        self.heat_names_stand_on_the_card(page)
        self.picture(page, "heat-size")
        return page

    def heat_names_stand_on_the_card(self, page):
        grounds = page.js("heatRows().map((_, i, all) => [...$('timeline').getContext('2d').getImageData(1, TOP + i * heatRow(all) + 1, 1, 1).data])")
        assert len(grounds) > 1 and all(min(g) > 150 for g in grounds), grounds

    def test_other_opens(self):
        self.server.push("cut.cpu{}", START, shop_stacks.wide(20000))
        page = self.show("service=cut&nodes=200")
        before, total = page.js("board.model.n"), page.text("#title")
        own = page.js("functionsOf(board.model).reduce((n, f) => n + f.self[0], 0)")
        x, y = self.frame(page, "other")
        assert "click to open" in page.text("#tip")
        page.click(".flame canvas", x, y)
        self.settle(page, "board.model.n > %d" % before)
        assert page.js("functionsOf(board.model).reduce((n, f) => n + f.self[0], 0)") == own and page.text("#title") == total, "the sum stays"
        assert "zoom=" in page.js("location.hash"), "it shows what has opened"
        path, kids = page.js("[pathTo(board.model, board.zoom), [...Array(board.model.n).keys()].filter(i => i && board.model.up[i] === board.zoom)"
                             ".map(i => [nameOf(board.model, i), board.model.w[0][i]])]")
        below = {}
        for line in shop_stacks.wide(20000).decode().splitlines():
            stack, n = line.rsplit(" ", 1)
            stack = stack.split(";")
            if stack[:len(path)] == path and len(stack) > len(path):
                below[stack[len(path)]] = below.get(stack[len(path)], 0) + int(n) * 10**7
        shown = {k: v for k, v in kids if k != "other"}
        assert len(shown) > 1 and all(below.get(k) == v for k, v in shown.items()), (path, kids)
        self.picture(page, "opened")
        page.js("go({ zoom: '', a: '%d-%d', b: '%d-%d' })" % (START * 1000, START * 1000 + 9000, START * 1000 + 10000, (START + 3600) * 1000))
        self.settle(page, "board.model.two")
        before = page.js("board.model.n")
        page.js("board.click([...Array(board.model.n).keys()].find(i => board.isCut(i)))")
        self.settle(page, "board.model.n > %d" % before)
        return page

    def test_million_frames(self):
        self.server.push("million.cpu{}", START, shop_stacks.wide(1010000))
        bound, browser.BOUND = browser.BOUND, 4 * browser.BOUND  # 40 MB of JSON, on a machine that is busy
        try:
            page = self.show("service=million&nodes=1048576&view=flame")
        finally:
            browser.BOUND = bound
        frames = page.js("board.model.n")
        assert frames > 1000000, frames
        took = page.cpu("board.views[0].box.style.maxHeight = '400px'; for (let i = 0; i < 40; i++) { const v = board.views[0]; v.box.scrollTop = i * 10;"
                        " v.draw(); v.g.getImageData(0, 0, 1, 1); }") / 40
        self.notes.append("%d frames scrolled: a draw takes %.1f ms of CPU" % (frames, took))
        assert took < 50, took
        scroll = "v.box.scrollTop = i * 10"
        draw, frame = page.draws(scroll), page.frames(scroll)
        self.notes.append("%d frames scrolled: 15 draws take %.1f ms by the clock at least, median %.1f, at most %.1f;"
                          " a frame of the screen comes after %.1f ms (median), %.1f at most" % (frames, *draw, *frame))
        assert draw[0] < 50, draw
        page.wait("board.views[0].box.scrollTop > 100")
        page.js("board.zoomTo(board.model.starts[1])")
        self.settle(page, "location.hash.includes('zoom=')")
        self.picture(page, "million")
        return page

    # ---- beside the table ----

    def test_labels_beside(self):
        page = self.show("service=shop")
        self.button(page, "Labels", "#tabs")
        page.wait("document.querySelectorAll('#pane tbody tr').length > 0")
        assert self.text_of(page, "#pane tbody tr") == ["env 1", "pod 2", "pyroscope_spy 1", "version 2"], self.text_of(page, "#pane tbody tr")
        page.js("document.querySelectorAll('#pane tbody tr')[3].click()")
        self.settle(page, "document.querySelectorAll('#pane tbody tr').length === 2 && location.hash.includes('by=version')")
        sums = {v: sum(n for when, l, _, n in self.sums.rows if l["version"] == v and when > START) for v in ("1.9", "2.0")}
        rows = self.text_of(page, "#pane tbody tr")
        for v, n in sums.items():
            share = "%.1f %%" % (100 * n / sum(sums.values()))
            assert any(r.startswith(v) and share in r for r in rows), (rows, sums)
        for side, version in (("A", "1.9"), ("B", "2.0")):
            page.js("[...document.querySelectorAll('#pane tbody tr')].find(r => r.cells[0].innerText === '%s').querySelectorAll('button')[%d].click()"
                    % (version, side == "B"))
            self.settle(page, "document.querySelector('#l%s').value === 'version=\"%s\"'" % (side.lower(), version))
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        sums = {v: sum(n for _, l, _, n in self.sums.rows if l["version"] == v) for v in sums}
        assert page.js("[board.model.totals[0], board.model.totals[1]]") == [sums["1.9"] * 10**7, sums["2.0"] * 10**7]
        return page

    def test_source_lines(self):
        frame = lambda name, file, line: {"name": name, "file": file, "line": line}  # noqa: E731
        stacks = "".join(json.dumps({"stack": s, "value": v, "type": "cpu", "unit": "nanoseconds"}) + "\n" for s, v in (
            ([frame("main", "/src/app.go", 10), frame("work", "/src/work.go", 21)], 70000000),
            ([frame("main", "/src/app.go", 12), frame("work", "/src/work.go", 23)], 30000000),
            ([frame("main", "/src/app.go", 12)], 20000000)))
        body = subprocess.run([os.path.join(self.build, "pyro-convert"), "--to", "pprof"], input=stacks.encode(), stdout=subprocess.PIPE, check=True).stdout
        q = urllib.parse.urlencode({"name": "lines", "from": START, "until": START + 15, "format": "pprof"})
        assert self.server.get("/ingest?" + q, body)[0] == 200
        page = self.show("service=lines")
        x, y = self.frame(page, "main")
        page.click(".flame canvas", x, y)
        self.button(page, "Source", "#detail")
        page.wait("document.querySelectorAll('#pane tbody tr').length === 2")
        assert "app.go" in page.text("#pane .note")
        assert self.text_of(page, "#pane tbody tr") == ["10 70 ms 58.3 %", "12 20 ms 16.7 % 50 ms 41.7 %"], self.text_of(page, "#pane tbody tr")
        self.write("app.go", b"".join(b"line %d\n" % k for k in range(1, 30)))
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        node = page.call("DOM.querySelector", nodeId=root, selector="#pane input")["nodeId"]
        page.call("DOM.setFileInputFiles", files=[os.path.join(self.folder, "app.go")], nodeId=node)
        page.wait("document.querySelectorAll('#pane tbody tr').length === 9")
        assert self.text_of(page, "#pane tbody tr")[3] == "10 70 ms 58.3 % line 10", self.text_of(page, "#pane tbody tr")
        self.picture(page, "source")
        return page

    # ---- comparing ----

    def test_significance(self):
        for k, body in enumerate((b"main;a 200\nmain;b 101\nmain;c 40", b"main;a 200\nmain;b 110\nmain;c 120")):
            self.server.push("noise.alloc_objects{}", START + 60 * k, body, units="objects")
        page = self.show("service=noise&a=%d000-%d000&b=%d000-%d000" % (START, START + 30, START + 60, START + 90))
        self.settle(page, "board.model.two")
        # of 341 and 430: b goes from 29.6 to 25.6 % (p = 0.21), c from 11.7 to 27.9 % (p < 0.001), a from 58.7 to 46.5 % (p < 0.001)
        p = page.js("Object.fromEntries(functionsOf(board.model).map(f => [f.name, board.chance(f.total)]))")
        assert abs(p["b"] - 0.2123) < 0.002 and p["c"] < 1e-6 and 0.0005 < p["a"] < 0.0012, p
        assert page.js("[...document.querySelectorAll('#table tr.faint')].map(r => r.cells[0].innerText)") == ["b", "main"], "noise is faint, and last"
        assert self.names(page)[:2] == ["c", "a"], self.names(page)
        page.click("#faint")
        page.wait("document.querySelectorAll('#table tr.faint').length === 0")
        for tone, text in (("points", "+16.2 points"), ("value", "+200 %")):
            page.choose("#tone", tone)
            page.wait("[...document.querySelectorAll('#table tbody tr')].find(r => r.cells[0].innerText === 'c').cells[3].innerText === '%s'" % text)
        return page

    def test_significance_of_time(self):
        """A store keeps no period: what a sample was worth comes from the values; where they have no rate, it is 10 ms."""
        parts, both = (101 / 341, 111 / 431), (101 + 111) / (341 + 431)
        want = math.erfc(abs(parts[0] - parts[1]) / math.sqrt(both * (1 - both) * (1 / 341 + 1 / 431) * 2))
        for rate, times, event in ((100, 1, 10**7), (1000, 1, 10**6), (1000003, 10010, 10**7)):
            for k, counts in enumerate(((200, 101, 40), (200, 111, 120))):
                body = "\n".join("main;%s %d" % (f, n * times + (times > 1 and f == "c")) for f, n in zip("abc", counts))
                self.server.push("rate%d.cpu{}" % rate, START + 60 * k, body.encode(), sampleRate=rate)
            page = self.show("service=rate%d&a=%d000-%d000&b=%d000-%d000" % (rate, START, START + 30, START + 60, START + 90))
            self.settle(page, "board.model.two")
            assert page.js("board.events") == [event, event], (rate, page.js("board.events"))
            p = page.js("board.chance(functionsOf(board.model).find(f => f.name === 'b').total)")
            assert abs(p - want) < 0.002, (rate, p, want)
            if rate != 1000003:
                page.close()
        return page

    def test_compare_tenants(self):
        folder = os.path.join(self.folder, "two-tenants")
        os.mkdir(folder)
        server = type(self.server)(self.build, folder, "-auth.multitenancy-enabled=true")
        try:
            q = urllib.parse.urlencode({"name": "one.cpu{}", "from": START, "until": START + 10, "sampleRate": 100})
            for tenant, n in (("team-a", 50), ("team-b", 70)):
                assert server.get("/ingest?" + q, b"main;a %d" % n, **{"X-Scope-OrgID": tenant})[0] == 200
            page = self.browser.page(1280, 800)
            page.open(server.url + "#service=one&tenant=team-a&" + SPAN)
            self.settle(page, "document.querySelector('#title').innerText.endsWith('of one: 500 ms')")
            page.choose("#preset", "0")
            page.js("compare('0')")
            self.settle(page, "document.querySelectorAll('.flame').length === 2")
            page.click("#tb")
            page.type("team-b")
            page.key("Enter")
            self.settle(page, "document.querySelector('#flames').innerText.includes('after: 700 ms')")
            assert "before: 500 ms" in page.text("#flames")
            page.close()
        finally:
            server.stop()

    # ---- files ----

    def test_files(self):
        self.write("one.folded", b"main;parse 30\nmain;draw 70\n")
        self.write("two.folded", b"main;parse 90\nmain;draw 110\n")
        self.write("steps.trace.json", json.dumps(TRACE).encode())
        self.write("none.bin", bytes(range(256)))
        page = self.show()
        self.give(page, ["one.folded"])
        self.settle(page, "document.querySelector('#filename').innerText === 'one.folded'")
        page.wait("document.querySelectorAll('#table tbody tr').length > 0")
        assert self.row(page, "draw") == ["draw", "70 70 %", "70 70 %"], self.row(page, "draw")
        assert page.js("document.querySelector('#stored').hidden && document.querySelector('#over').hidden")
        self.picture(page, "file-opened")
        page.reload()
        self.settle(page, "document.querySelectorAll('#table tbody tr').length === 3")
        self.give(page, ["two.folded"], "drop-compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        assert self.row(page, "parse") == ["parse", "30 30 %", "90 45 %", "+15 points"], self.row(page, "parse")
        page.click("#compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 1 && document.querySelector('#filename').innerText === 'one.folded'")
        self.give(page, ["steps.trace.json"], "drop")
        self.settle(page, "document.querySelector('#filename').innerText === 'steps.trace.json'")
        self.button(page, "Chart")
        self.settle(page, "boards[0].model.times === true")
        for x, name, line in ((200, "load", "400 ms long from 0"), (1100, "draw", "300 ms long from 700 ms")):
            page.js("go({ view: 'flame' })")
            page.wait("boards[0].views[0].width > 1000")
            y = 21 * page.js("boards[0].model.d[[...Array(boards[0].model.n).keys()].find(i => nameOf(boards[0].model, i) === '%s')]" % name) + 10
            page.hover(".flame canvas", x, y)
            page.wait("document.querySelector('#tip').innerText.replace(/\\s+/g, ' ') === '%s %s'" % (name, line))
        self.picture(page, "file-chart")
        self.give(page, ["one.folded"])
        self.settle(page, "document.querySelector('#filename').innerText === 'one.folded'")
        self.button(page, "Chart")
        page.wait("document.querySelector('#error').innerText.startsWith('the samples have no times')")
        self.settle(page, "document.querySelectorAll('.flame').length === 1 && !location.hash.includes('shape=')")
        self.button(page, "Labels", "#tabs")
        page.wait("document.querySelector('#pane').innerText === 'The samples have no labels.'")
        tagged = os.path.join(self.folder, "tagged.pb")
        subprocess.run([MAKE, tagged, "--type", "inuse_objects:count", "--type", "inuse_space:bytes", "--stack", "main;keep=2,2048"], check=True)
        self.give(page, ["tagged.pb"])
        self.settle(page, "document.querySelector('#filename').innerText === 'tagged.pb' && document.querySelector('#ftype').value === 'inuse_space'")
        page.js("go({ tab: '' })")
        page.wait("document.querySelectorAll('#table tbody tr').length === 2")
        assert self.row(page, "keep") == ["keep", "2 kB 100 %", "2 kB 100 %"], self.row(page, "keep")
        timed = os.path.join(self.folder, "timed.pb")
        subprocess.run([MAKE, timed, "--type", "samples:count", "--type", "cpu:nanoseconds", "--stack", "main;run=3,30000000"], check=True)
        self.give(page, ["timed.pb"])
        self.settle(page, "document.querySelector('#filename').innerText === 'timed.pb' && document.querySelector('#ftype').value === 'cpu'")
        page.wait("document.querySelectorAll('#table tbody tr').length === 2")
        assert self.row(page, "run") == ["run", "30 ms 100 %", "30 ms 100 %"], self.row(page, "run")
        self.give(page, ["none.bin"])
        page.wait("!document.querySelector('#error').hidden")
        assert page.text("#error") == "none.bin: failed to parse profile: unsupported format: unknown Close", page.text("#error")
        page.click("#home")
        self.settle(page, "document.querySelectorAll('#uploads button').length === 6")
        self.button(page, "two.folded", "#uploads")
        self.settle(page, "document.querySelector('#filename').innerText === 'two.folded'")
        return page

    def test_file_beside_a_selection(self):
        self.write("shop.folded", b"main.main;new.function 100\n")
        page = self.show("service=shop")
        self.give(page, ["shop.folded"], "drop-compare")
        page.wait("!document.querySelector('#error').hidden || document.querySelectorAll('.flame').length === 2")
        assert "One side has nanoseconds, the other" in page.text("#error"), page.text("#error")
        page.js("history.back()")
        self.settle(page, "document.querySelector('#error').hidden && document.querySelectorAll('.flame').length === 1")
        profile = os.path.join(self.folder, "shop.pb")
        subprocess.run([MAKE, profile, "--type", "cpu:nanoseconds", "--stack", "main.main;new.function=5000000000"], check=True)
        self.give(page, ["shop.pb"], "drop-compare")
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        assert "after: 5 s" in page.text("#flames") and "shop.pb" in page.text("#time-b")
        assert self.row(page, "new.function")[-1] == "new"
        return page

    # ---- export ----

    def test_export(self):
        page = self.show("service=shop&labels=version%3D%222.0%22")
        rows = [r for r in self.sums.rows if r[1]["version"] == "2.0"]
        want = {}
        for _, _, stack, n in rows:
            want[";".join(stack)] = want.get(";".join(stack), 0) + n * 10**7
        press = lambda name: lambda: (page.click("#export summary"), page.wait("document.querySelectorAll('#export button').length > 5"),  # noqa: E731
                                      page.js("[...document.querySelectorAll('#export button')].filter(b => b.innerText === '%s').pop().click()" % name))
        read = lambda text: {s: int(n) for s, n in (line.rsplit(" ", 1) for line in text.decode().splitlines())}  # noqa: E731
        name, text = self.saved(page, press("folded"))
        assert name == "shop.txt" and read(text) == want, (name, text[:200])
        name, text = self.saved(page, press("pprof"))
        assert name == "shop.pb.gz" and b"encoding/json.Marshal" in gzip.decompress(text)
        name, text = self.saved(page, press("svg"))
        assert name == "shop.svg" and b"<svg" in text
        name, text = self.saved(page, press("html"))
        assert name == "shop.html" and b"<html" in text.lower()
        name, text = self.saved(page, press("parquet"))
        assert name == "shop.parquet" and text[:4] == text[-4:] == b"PAR1"
        page.click("#export summary")
        page.wait("document.querySelectorAll('#export button').length > 5")
        assert "tags" not in page.js("[...document.querySelectorAll('#export button')].map(b => b.innerText)"), "of samples without tags"
        self.picture(page, "export")
        forms = page.js("FORMS.map(f => f.split('=')[0])")
        known = subprocess.run([os.path.join(self.build, "pyro-convert"), "formats"], stdout=subprocess.PIPE, check=True, text=True).stdout
        writes = {line.split()[0] for line in known.splitlines() if re.match(r"\S+\s+R?W ", line)}
        assert not set(forms) - writes, set(forms) - writes
        for left in writes - set(forms):
            assert left in {"chart", "heatmap", "json", "comments", "stream", "parquet"}, left
        x, y = self.frame(page, "github.com/shop/shop/cart.(*Handler).Add")
        page.click(".flame canvas", x, y)
        page.wait("location.hash.includes('zoom=')")
        below = {s: n for s, n in want.items() if "cart.(*Handler).Add" in s}
        for how in (lambda: page.js("save('x', new Blob([shownFolded()]))"), press("folded")):
            assert read(self.saved(page, how)[1]) == below
        page.js("go({ zoom: '', a: '%d-%d', b: '%d-%d' })" % tuple((START + s) * 1000 for s in (2400, 2900, 3000, 3600)))
        self.settle(page, "document.querySelectorAll('.flame').length === 2")
        name, text = self.saved(page, press("markdown"))
        assert name == "shop-diff.md" and text.startswith(b"### What changed"), (name, text[:100])
        return page

    # ---- words, keys, names for those who do not see ----

    def test_words(self):
        page = self.show("service=shop")
        page.key("?")
        page.wait("document.querySelector('#keys').open")
        assert "find functions" in page.text("#keys")
        self.button(page, "Close", "#keys")
        page.wait("!document.querySelector('#keys').open")
        nameless = page.js("[...document.querySelectorAll('button, select, input, canvas, summary')].filter(e => e.offsetWidth && !(e.ariaLabel ||"
                           " (e.innerText || '').trim() || e.closest('label'))).map(e => e.outerHTML)")
        assert not nameless, nameless
        page.js("window.fetch = () => Promise.resolve(new Response('<html>', { status: 504 })); null")
        page.click("#reload")
        page.wait("!document.querySelector('#error').hidden")
        assert "took too long" in page.text("#error"), page.text("#error")
        page.js("window.fetch = () => Promise.resolve(new Response('{\"message\":\"too many waiting\"}', { status: 429 })); null")
        page.click("#error button")
        page.wait("document.querySelector('#error').innerText.includes('too many waiting: try again in a moment.')")
        return page
