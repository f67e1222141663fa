"""What the system tests share: a lab of their own, UEs as processes, and TAP-like lines for tests/run.

A test is a function named by a sentence and registered with @test; `run()` starts a fresh lab, runs them in order and
prints "ok - title" or "not ok - title" with the reason. Nothing waits for a fixed time: `eventually` polls.
"""
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build" / "release"))
TESTS = []


def test(title):
    def register(function):
        TESTS.append((title, function))
        return function
    return register


class Failure(Exception):
    pass


class Skipped(Exception):
    """What the test needs is not on this machine; the text says what."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def is_running(pid):
    """One that has ended and that nobody has collected yet is not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def eventually(what, seconds=20.0, name=None, every=0.1):
    """Waits until what() is true and gives its value; fails with its last value."""
    end = time.monotonic() + seconds
    value = what()
    while not value and time.monotonic() < end:
        time.sleep(every)
        value = what()
    check(value, f"did not come true within {seconds} s: {name or getattr(what, '__name__', what)}")
    return value


class Subscriber:
    def __init__(self, imsi, msisdn, k, opc):
        self.imsi, self.msisdn, self.k, self.opc = imsi, msisdn, k, opc


class Lab:
    def __init__(self, name, net):
        self.directory = ROOT / "build" / f"system-{name}"
        self.net = net
        self.pcscf, self.icscf = f"{net}.10:5060", f"{net}.20:4060"
        self.scscf, self.hss = f"{net}.30:6060", f"{net}.40:3868"
        self.api, self.admin_port = f"{net}.40:8080", 9090
        # There is one IPv6 loopback address for all: ports of our own on it, or "none" on a machine without IPv6.
        self.on_ipv6 = {name: f"[::1]:{free_port(host='::1')}" if has_ipv6() else "none" for name in ("PCSCF6", "ICSCF6", "SCSCF6", "HSS6")}
        self.environment = dict(os.environ, LAB_DIR=str(self.directory), BUILD_DIR=str(BUILD), LOG_LEVEL="trace", MCC="001", MNC="01",
                                PCSCF=self.pcscf, ICSCF=self.icscf, SCSCF=self.scscf, HSS=self.hss, **self.on_ipv6)
        self.next_imsi = 1010000000001
        self.next_ue_address = 1
        self.processes = []

    # ---- services
    def lab(self, *arguments, check_status=True, timeout=180):
        done = subprocess.run([str(ROOT / "deploy" / "lab"), *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout)
        if check_status and done.returncode != 0:
            raise Failure(f"deploy/lab {' '.join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def up(self):
        self.lab("clean", check_status=False)
        self.lab("up")
        self.realm = self.status()["realm"]

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.lab("clean", check_status=False)

    def collect(self):
        """After a test that failed: its logs go into log/, where a lab's are anyway."""

    def status(self):
        return json.loads(self.lab("status", "--json", check_status=False).stdout)

    def pid(self, service):
        return self.status()["services"][service]["pid"]

    def healthy(self, service):
        return self.status()["services"][service]["health"] == "healthy"

    def kill(self, service):
        """kill -9, as a crash would; the lab's pid file stays behind."""
        pid = self.pid(service)
        check(pid, f"{service} is not running")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_running(pid))

    def restart(self, service=None):
        self.lab("up")

    def log(self, service):
        path = self.directory / "log" / f"{service}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def metrics(self, service):
        host = {"pcscf": self.pcscf, "icscf": self.icscf, "scscf": self.scscf, "hss": self.hss}[service].rsplit(":", 1)[0]
        with urllib.request.urlopen(f"http://{host}:{self.admin_port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def order(self, service, path):
        """(status, text) of a POST to the admin port."""
        host = {"pcscf": self.pcscf, "icscf": self.icscf, "scscf": self.scscf, "hss": self.hss}[service].rsplit(":", 1)[0]
        connection = http.client.HTTPConnection(host, self.admin_port, timeout=5)
        connection.request("POST", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def gauge(self, service, name):
        for line in self.metrics(service).splitlines():
            if line.startswith(name + " ") or line.startswith(name + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    # ---- subscribers
    def token(self):
        return (self.directory / "secrets" / "api-token").read_text().strip()

    def request(self, method, path, body=None, token=True, headers=None):
        """(status, parsed body or text) of the HSS's REST API."""
        connection = http.client.HTTPConnection(self.api, timeout=20)
        head = dict(headers or {})
        if token:
            head["Authorization"] = "Bearer " + (self.token() if token is True else token)
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=data, headers=head)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def subscribers(self, count):
        k, opc = secrets.token_hex(16), secrets.token_hex(16)
        first = self.next_imsi
        msisdn = 15550000000 + first % 1000000
        self.lab("add-subscribers", "--first-imsi", f"{first:015d}", "--count", str(count), "--k", k, "--opc", opc, "--first-msisdn", str(msisdn))
        self.next_imsi += count
        return [Subscriber(f"{first + i:015d}", str(msisdn + i), k, opc) for i in range(count)]

    # ---- UEs
    def ue_address(self):
        self.next_ue_address += 1
        return f"{self.net}.{100 + self.next_ue_address % 150}"

    def ue_command(self, subscriber, *script, options=(), ipv6=False):
        pcscf, local = (self.on_ipv6["PCSCF6"], "::1") if ipv6 else (self.pcscf, self.ue_address())
        return [str(BUILD / "bin" / "ims-ue"), "--pcscf", pcscf, "--mcc", "001", "--mnc", "01", "--imsi", subscriber.imsi,
                "--k", subscriber.k, "--opc", subscriber.opc, "--local", local, "--json", *options, *script]

    def ue(self, subscriber, *script, options=(), ipv6=False, timeout=120):
        """Runs a UE to its end: (exit status, events)."""
        command = self.ue_command(subscriber, *script, options=options, ipv6=ipv6)
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        return done.returncode, events_of(done.stdout), done.stdout + done.stderr

    def ue_start(self, subscriber, *script, options=(), ipv6=False):
        out = open(self.directory / "log" / f"ue-{subscriber.imsi}-{len(self.processes)}.log", "w+")
        process = subprocess.Popen(self.ue_command(subscriber, *script, options=options, ipv6=ipv6), stdout=out, stderr=subprocess.STDOUT, text=True)
        process.log = pathlib.Path(out.name)
        out.close()
        self.processes.append(process)
        return process


def events_of(text):
    events = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                events.append(json.loads(line))
            except ValueError:
                pass
    return events


def events(process):
    return events_of(process.log.read_text(errors="replace"))


def saw(process, **fields):
    """The first event of a running UE that has these fields, or None."""
    for event in events(process):
        if all(event.get(name) == value for name, value in fields.items()):
            return event
    return None


def has_ipv6():
    try:
        return free_port(host="::1") > 0
    except OSError:
        return False


def needs_ipv6():
    if not has_ipv6():
        raise Skipped("no IPv6 on this machine")


def free_port(kind=socket.SOCK_STREAM, host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def run(name, net):
    """Runs every registered test on one lab; exit status 1 if one failed."""
    return run_on(Lab(name, net), name)


def run_on(lab, name):
    """The same on anything that has up(), collect(), clean(), and a directory with its logs below log/."""
    only = sys.argv[1:]
    failed = 0
    # Whoever ends this gets the lab ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    try:
        try:
            lab.up()
        except Skipped as reason:
            for title, _ in TESTS:
                print(f"skip - {title}: {reason}", flush=True)
            return 0
        except Exception as error:  # a lab that does not come up fails the program, with the reason
            print(f"not ok - the lab for {name} comes up: {error}", flush=True)
            return 1
        for title, function in TESTS:
            if only and not any(word in title for word in only):
                continue
            try:
                began = time.monotonic()
                function(lab)
                print(f"ok - {title} ({time.monotonic() - began:.1f} s)", flush=True)
            except Skipped as reason:
                print(f"skip - {title}: {reason}", flush=True)
            except Exception as error:
                failed += 1
                lab.collect()
                print(f"not ok - {title}", flush=True)
                text = str(error) if isinstance(error, Failure) else traceback.format_exc()
                print("\n".join("    " + line for line in text.splitlines()[-40:]), flush=True)
    finally:
        if failed:
            kept = pathlib.Path(os.environ.get("LOGS", ROOT / "build" / "logs")) / f"system-{name}"
            shutil.rmtree(kept, ignore_errors=True)
            if (lab.directory / "log").exists():
                shutil.copytree(lab.directory / "log", kept)
                print(f"    the logs are kept in {kept}", flush=True)
        lab.clean()
    return 1 if failed else 0
