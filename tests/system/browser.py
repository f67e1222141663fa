"""Chromium without a window, driven by the DevTools protocol over its pipe, and what pages from npm need."""
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import threading

from harness import ROOT, Failure, Skipped, check, eventually

WEB = pathlib.Path(__file__).resolve().parent / "web"

# Pages without a person: fake microphone and camera, media on the loopback interface, addresses instead of mDNS names; and
# nothing that Chromium would ask the world outside for. As root its sandbox does not start.
OPTIONS = ["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
           "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio", "--disable-quic",
           "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
           "--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints,Translate"]


def modules(folder):
    """Installs what folder/package-lock.json names into folder/node_modules; skips where npm or its registry is not to be had."""
    if shutil.which("npm") is None:
        if os.geteuid() == 0 and os.environ.get("SKIP_INSTALL") != "1":
            subprocess.run([str(ROOT / "deploy" / "install-packages"), "npm"], check=False, timeout=600)
        if shutil.which("npm") is None:
            raise Skipped("npm is not installed")
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=60000"], cwd=folder,
                          capture_output=True, text=True, timeout=300)
    if done.returncode == 0:
        return
    text = done.stdout + done.stderr
    if re.search(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network", text):
        raise Skipped("npm's registry cannot be reached")
    raise Failure("npm ci: " + text)


def bundle(package, name):
    """A script that sets window.NAME to what require(PACKAGE) gives: its CommonJS files in one, as bundlers do it."""
    found = {}

    def resolve(request, beside):
        if not request.startswith("."):
            home = WEB / "node_modules" / request
            if not home.is_dir():
                return None
            said = json.loads((home / "package.json").read_text())
            browser = said.get("browser")
            request, beside = browser if isinstance(browser, str) else said.get("main", "index.js"), home
        path = (beside / request).resolve()
        for candidate in (path, path.with_name(path.name + ".js"), path / "index.js"):
            if candidate.is_file():
                return candidate
        return None

    def add(path):
        key = str(path.relative_to(WEB / "node_modules"))
        if key in found:
            return key
        text = path.read_text()
        found[key] = None
        uses = {}
        if path.suffix == ".json":
            text = "module.exports = " + text
        else:
            for request in set(re.findall(r"""\brequire\(["']([^"']+)["']\)""", text)):
                target = resolve(request, path.parent)
                if target:
                    uses[request] = add(target)
        found[key] = (text, uses)
        return key

    first = add(resolve(package, WEB))
    parts = [f"{json.dumps(key)}: [function (module, exports, require) {{{text}\n}}, {json.dumps(uses)}]" for key, (text, uses) in found.items()]
    return ("window[" + json.dumps(name) + "] = (function (modules) {\n  const made = {};\n  function load(key) {\n"
            "    if (made[key]) return made[key].exports;\n    const module = made[key] = {exports: {}};\n    const [run, uses] = modules[key];\n"
            "    run(module, module.exports, name => { if (!uses[name]) throw new Error('no module ' + name); return load(uses[name]); });\n"
            "    return module.exports;\n  }\n  return load(" + json.dumps(first) + ");\n})({" + ",\n".join(parts) + "});\n")


class Site:
    """A web server on loopback for the pages of web/, with JsSIP as jssip.js. Browsers let pages from there use a microphone."""

    def __init__(self, address, port=0):
        contents = {"/jssip.js": bundle("jssip", "JsSIP").encode()}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                body = contents.get(path)
                if body is None and path in ("/page.html", "/phone.js"):
                    body = (WEB / path[1:]).read_bytes()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "text/html" if path.endswith(".html") else "text/javascript")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.url = f"http://{address}:{self.server.server_port}/page.html"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


class Browser:
    """One Chromium. Its DevTools protocol goes over descriptors 3 and 4, each message ended by a zero octet."""

    def __init__(self, log, *options):
        program = shutil.which("chromium")
        if program is None:
            raise Skipped("chromium is not installed")
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()
        self.profile = pathlib.Path(str(log) + ".profile")
        shutil.rmtree(self.profile, ignore_errors=True)
        with open(log, "w") as out:
            # bash lays the pipes where Chromium looks for them, whatever descriptors they have here.
            self.process = subprocess.Popen(["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", program, *OPTIONS, *options, f"--user-data-dir={self.profile}", "about:blank"],
                                            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        os.close(to_read)
        os.close(to_write)
        self.last, self.answers, self.console = 0, {}, []
        self.arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        while True:
            try:
                some = os.read(self.from_browser, 1 << 16)
            except OSError:
                return
            if not some:
                return
            *whole, rest = (rest + some).split(b"\0")
            with self.arrived:
                for text in whole:
                    message = json.loads(text)
                    if "id" in message:
                        self.answers[message["id"]] = message
                    elif message["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                        self.console.append(json.dumps(message["params"])[:600])
                self.arrived.notify_all()

    def ask(self, method, parameters=None, session=None, seconds=30):
        with self.arrived:
            self.last += 1
            number = self.last
            message = {"id": number, "method": method, "params": parameters or {}}
            if session:
                message["sessionId"] = session
            os.write(self.to_browser, json.dumps(message).encode() + b"\0")
            if not self.arrived.wait_for(lambda: number in self.answers, seconds):
                raise Failure(f"Chromium does not answer {method}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']}")
        return answer["result"]

    def page(self, url):
        target = self.ask("Target.createTarget", {"url": url})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, target, session)
        self.ask("Runtime.enable", session=session)
        eventually(lambda: page.run("typeof phone === 'object' && typeof JsSIP === 'object' && document.readyState === 'complete'"))
        return page

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self.to_browser)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    def __init__(self, browser, target, session):
        self.browser, self.target, self.session = browser, target, session

    def run(self, expression):
        """The value of a JavaScript expression; of a promise, what it comes to."""
        result = self.browser.ask("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}, self.session)
        if "exceptionDetails" in result:
            raise Failure(f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description', result['exceptionDetails']['text'])}")
        return result["result"].get("value")

    def tell(self, function, *arguments):
        return self.run(f"phone.{function}({', '.join(json.dumps(a) for a in arguments)})")

    def events(self):
        return self.run("phone.events")

    def saw(self, what, **fields):
        """The last event of this name with these fields, or None."""
        for event in reversed(self.events()):
            if event["what"] == what and all(event.get(name) == value for name, value in fields.items()):
                return event
        return None

    def count(self, what):
        return sum(event["what"] == what for event in self.events())

    def waits_for(self, what, seconds=20, **fields):
        try:
            return eventually(lambda: self.saw(what, **fields), seconds)
        except Failure:
            raise Failure(f"the page did not see '{what}' {fields or ''}; it saw {json.dumps(self.events(), indent=1)}") from None

    def close(self):
        """As a person closes a tab."""
        self.browser.ask("Target.closeTarget", {"targetId": self.target})
