#!/usr/bin/env python3
"""The whole lab on a kernel of our own: the core and its P-CSCF in this network namespace, the UEs in another one, joined
by a veth. tests/kernel/run boots the kernel and starts this there; it makes addresses and namespaces.

ROWS is the table of what is seen: to see more, add a row.
"""
import collections
import ctypes
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from harness import BUILD, TESTS, Lab, Skipped, check, eventually, run_on, saw, test  # noqa: E402

CLONE_NEWNET = 0x40000000
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 50: "esp", 58: "icmp6"}


# ---- hosts and what is between them

def ip(*arguments, host=None):
    """What `ip` prints, asked in a network namespace."""
    command = ["ip", *(["netns", "exec", host, "ip"] if host else []), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def ip_exec(host, *command):
    return subprocess.run(["ip", "netns", "exec", host, *command], capture_output=True, text=True, timeout=30).stdout


def states(host=None):
    """The number of IPsec states in the kernel for a host."""
    return int(re.search(r"SAD count (\d+)", ip("xfrm", "state", "count", host=host)).group(1))


def policies(host=None):
    """Those for packets in, out and forwarded, guards among them."""
    return ip("xfrm", "policy", "list", host=host).count("\n\tdir ")


Packet = collections.namedtuple("Packet", "protocol source destination payload")


class Wire:
    """What leaves a host on the veth: captured where it is sent, so it is what was really on the wire."""

    def __init__(self, host=None, link="gm"):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{host}" if host else "/proc/self/ns/net") as there:
            check(libc.setns(there.fileno(), CLONE_NEWNET) == 0, "setns")
            try:
                self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
                self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
                self.socket.bind((link, 3))
            finally:
                check(libc.setns(home.fileno(), CLONE_NEWNET) == 0, "setns")
        self.socket.setblocking(False)

    def packets(self):
        """Since last asked: Packet(protocol, (address, port), (address, port), payload), without neighbour discovery; of a
        fragment that is not the first neither ports nor payload."""
        found = []
        while True:
            try:
                octets, (_, ethertype, kind, *_) = self.socket.recvfrom(65536)
            except BlockingIOError:
                return found
            if kind != socket.PACKET_OUTGOING or ethertype not in (0x0800, 0x86dd):
                continue
            v6 = ethertype == 0x86dd
            family, ends = (socket.AF_INET6, (8, 24, 40)) if v6 else (socket.AF_INET, (12, 16, 20))
            header = 40 if v6 else (octets[0] & 15) * 4
            number = octets[6] if v6 else octets[9]
            later = not v6 and struct.unpack_from("!H", octets, 6)[0] & 0x1fff  # a fragment that is not the first
            if v6 and number == 44:
                number, later, header = octets[40], struct.unpack_from("!H", octets, 42)[0] & 0xfff8, 48
            protocol = PROTOCOLS.get(number, str(number))
            if protocol == "icmp6" or number == 0:
                continue
            source, destination = (socket.inet_ntop(family, octets[a:b]) for a, b in zip(ends, ends[1:]))
            ports, payload = (0, 0), b"" if later else octets[header:]
            if protocol in ("tcp", "udp") and payload:
                ports = struct.unpack_from("!HH", payload)
                payload = payload[8 if protocol == "udp" else (payload[12] >> 4) * 4:]
            found.append(Packet(protocol, (source, ports[0]), (destination, ports[1]), payload))

    def close(self):
        self.socket.close()


# ---- the lab

class KernelLab(Lab):
    CORE = {"icscf": "198.18.1.20", "scscf": "198.18.1.30", "hss": "198.18.1.40"}
    PCSCF = {4: "198.18.0.1", 6: "fd00::1"}
    UES = {4: "198.18.0.{}", 6: "fd00::{}"}
    # UEs behind a NAT (host "behind"), which shows all of them at one address.
    BEHIND = {4: "198.18.3.{}", 6: "fd03::{}"}
    OUTSIDE = {4: "198.18.2.9", 6: "fd02::9"}

    def __init__(self, base):
        super().__init__("kernel", "198.18.1")
        self.base = base
        self.directory = pathlib.Path("/run/lab")
        self.pcscf = f"{self.PCSCF[4]}:5060"
        self.on_ipv6 = {"PCSCF6": f"[{self.PCSCF[6]}]:5060", "ICSCF6": "none", "SCSCF6": "none", "HSS6": "none"}
        self.environment |= {"LAB_DIR": str(self.directory), "PCSCF": self.pcscf, "LOG_LEVEL": "info", "SECURITY": "required",
                             "REAUTHENTICATE": "yes", "PATIENCE": "60", **self.on_ipv6}
        self.number = 10

    def up(self):
        for address in self.CORE.values():
            ip("address", "add", f"{address}/32", "dev", "lo")
        ip("netns", "add", "ue")
        ip("link", "set", "lo", "up", host="ue")
        ip("link", "add", "gm", "type", "veth", "peer", "name", "gm", "netns", "ue")
        ip("link", "set", "gm", "up")
        ip("link", "set", "gm", "up", host="ue")
        ip("address", "add", f"{self.PCSCF[4]}/24", "dev", "gm")
        ip("address", "add", f"{self.PCSCF[6]}/64", "dev", "gm", "nodad")
        self.put_nat()
        # Forking is slow here: the database was made outside and is only copied.
        shutil.copytree(self.base, self.directory)
        subprocess.run(["chown", "-R", "postgres", str(self.directory / "postgres")], check=True)
        self.directory.chmod(0o755)
        began = time.monotonic()
        self.lab("up")
        print(f"    measured the lab came up after {time.monotonic() - began:.0f} s", flush=True)
        self.realm = self.status()["realm"]

    def put_nat(self):
        """behind -- nat -- P-CSCF: what leaves `nat` comes from its address, UDP from ports of its own choice."""
        for host in ("nat", "behind"):
            ip("netns", "add", host)
            ip("link", "set", "lo", "up", host=host)
        ip("link", "add", "out", "type", "veth", "peer", "name", "out", "netns", "nat")
        ip("link", "add", "in", "netns", "nat", "type", "veth", "peer", "name", "gm", "netns", "behind")
        for host, link, four, six in ((None, "out", "198.18.2.1/24", "fd02::1/64"), ("nat", "out", "198.18.2.9/24", "fd02::9/64"),
                                      ("nat", "in", "198.18.3.1/24", "fd03::1/64"), ("behind", "gm", "198.18.3.2/24", "fd03::2/64")):
            ip("link", "set", link, "up", host=host)
            ip("address", "add", four, "dev", link, host=host)
            ip("address", "add", six, "dev", link, "nodad", host=host)
        for version, family in (("-4", 4), ("-6", 6)):
            ip(version, "route", "add", "default", "via", {4: "198.18.3.1", 6: "fd03::1"}[family], host="behind")
            # Inside the tunnel a UE has the address that is seen outside (TS 33.203 annex M).
            ip("address", "add", f"{self.OUTSIDE[family]}/{32 if family == 4 else 128}", "dev", "lo",
               *(["nodad"] if family == 6 else []), host="behind")
        self.in_nat("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        self.why_no_nat = self.restart_nat("20000-20999")

    def in_nat(self, script):
        return subprocess.run(["ip", "netns", "exec", "nat", "sh", "-ec", script], capture_output=True, text=True, timeout=30)

    def restart_nat(self, ports):
        """It forgets its mappings, and makes new ones with these ports. Why not, if it cannot."""
        # A link that goes down takes the mappings of MASQUERADE with it.
        ip("link", "set", "out", "down", host="nat")
        ip("link", "set", "out", "up", host="nat")
        ip("-6", "address", "replace", "fd02::9/64", "dev", "out", "nodad", host="nat")
        ip("-4", "route", "replace", "default", "via", "198.18.2.1", host="nat")
        ip("-6", "route", "replace", "default", "via", "fd02::1", host="nat")
        done = self.in_nat("; ".join(f"{table} -t nat -F POSTROUTING; " + "; ".join(
            f"{table} -t nat -A POSTROUTING -o out -p {protocol} -j MASQUERADE --to-ports {ports}" for protocol in ("udp", "tcp"))
            for table in ("iptables-legacy", "ip6tables-legacy")))
        return None if done.returncode == 0 else f"no NAT on this kernel: {done.stderr.strip()}"

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        began = time.monotonic()
        self.lab("down", check_status=False)  # all of it ends with this machine
        print(f"    measured the lab went down after {time.monotonic() - began:.0f} s", flush=True)

    def address(self, family, host="ue"):
        """One more address in the UEs' host."""
        self.number += 1
        address = (self.BEHIND if host == "behind" else self.UES)[family].format(self.number)
        ip("address", "add", f"{address}/{64 if family == 6 else 24}", "dev", "gm", *(["nodad"] if family == 6 else []), host=host)
        return address

    def local(self, row):
        """Where one more UE of this row listens: behind one NAT each has ports of its own."""
        address = self.address(row.family, row.host)
        if not row.nat:
            return address
        address = f"[{address}]" if row.family == 6 else address
        return f"{address}:{5000 + 10 * self.number}"

    def sets(self, subscriber=None):
        """The sets of associations that the P-CSCF knows, of one user or of all."""
        query = f"?user={subscriber.imsi}" if subscriber else ""
        with urllib.request.urlopen(f"http://{self.PCSCF[4]}:{self.admin_port}/associations{query}", timeout=20) as answer:
            return json.load(answer)["sets"]

    def sigcomp(self):
        """What the P-CSCF has counted of SigComp."""
        counted = {(name, way): self.gauge("pcscf", f'sigcomp_{name}_total{{direction="{way}"}}')
                   for name in ("messages", "bytes", "text_bytes") for way in ("received", "sent")}
        return counted | {("nacks_received", ""): self.gauge("pcscf", "sigcomp_nacks_received_total")}

    def crash(self, service):
        """Kills it and starts it again, at once: deploy/lab has much to look at, and that is slow here."""
        pid_file = self.directory / "run" / f"{service}.pid"
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        with open(self.directory / "log" / f"{service}.log", "a") as log:
            process = subprocess.Popen([str(BUILD / "bin" / service), "--config", str(self.directory / "etc" / f"{service}.yaml")],
                                       stdout=log, stderr=log)
        pid_file.write_text(f"{process.pid}\n")
        eventually(lambda: self.answers(service), 30)

    def answers(self, service):
        try:
            return bool(self.metrics(service))
        except OSError:
            return False

    def start(self, row, subscriber, *script, address=None, options=()):
        """A UE as this row has it; its SIM's subscriber is known to the HSS."""
        command = self.ue_command(subscriber, *script, options=("--transport", row.transport, *row.options, *options), ipv6=row.family == 6)
        command[command.index("--local") + 1] = address or self.local(row)
        command[1:1] = ("--patience", "200")
        out = open(self.directory / "log" / f"ue-{subscriber.imsi}-{len(self.processes)}.log", "w+")
        process = subprocess.Popen(["ip", "netns", "exec", row.host, *command], stdout=out, stderr=subprocess.STDOUT, text=True)
        process.log = pathlib.Path(out.name)
        out.close()
        self.processes.append(process)
        return process


def ends_well(process, seconds=60):
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        check(False, f"the UE did not end within {seconds} s:\n{process.log.read_text()}")
    check(process.returncode == 0, f"the UE ended with {process.returncode}:\n{process.log.read_text()}")


# ---- scenarios: each takes the lab and its row

def registered(ue, seconds=40):
    eventually(lambda: saw(ue, event="registered") or ue.poll() is not None, seconds)
    check(saw(ue, event="registered"), f"it did not register:\n{ue.log.read_text()}")


def register(lab, row):
    subscriber, = lab.subscribers(1)
    ue = lab.start(row, subscriber, "register", "stay", "deregister")
    registered(ue)
    row.check_sets(lab, subscriber, 1)
    ue.send_signal(signal.SIGINT)
    ends_well(ue)


def register_again(lab, row):
    subscriber, = lab.subscribers(1)
    ue = lab.start(row, subscriber, *["register"] * 4, "options", f"tel:+{subscriber.msisdn}", "stay", "deregister")
    registered(ue)
    eventually(lambda: saw(ue, event="options_answered"), 60)
    # Each authentication has its own; the one before stays for what may be under way (TS 33.203 7.4.2a).
    sets = row.check_sets(lab, subscriber, 2)
    check([s["in_use"] for s in sets] == [False, True], f"in use are {sets}")
    check(sets[0]["ue"]["port_s"] == sets[1]["ue"]["port_s"] and sets[0]["ue"]["port_c"] != sets[1]["ue"]["port_c"], f"ports {sets}")
    ue.send_signal(signal.SIGINT)
    ends_well(ue)


def call(lab, row):
    alice, bob = lab.subscribers(2)
    callee = lab.start(row, bob, "register", "answer", "deregister")
    registered(callee)
    caller = lab.start(row, alice, "register", "call", f"tel:+{bob.msisdn}", "2", "deregister")
    eventually(lambda: saw(caller, event="call_established") or caller.poll() is not None, 40)
    for subscriber in (alice, bob):
        row.check_sets(lab, subscriber, 1)
    ends_well(caller)
    ends_well(callee)
    check(saw(caller, event="call_established"), f"no call was established:\n{caller.log.read_text()}")


def message(lab, row):
    alice, bob = lab.subscribers(2)
    receiver = lab.start(row, bob, "register", "receive", "hello", "message", f"tel:+{alice.msisdn}", "and back", "deregister")
    registered(receiver)
    sender = lab.start(row, alice, "register", "message", f"tel:+{bob.msisdn}", "hello", "receive", "and back", "deregister")
    ends_well(sender)
    ends_well(receiver)


def compressed(lab, row):
    """Register, re-register, call and message: in ESP, and in it as SigComp."""
    before = lab.sigcomp()
    alice, bob = lab.subscribers(2)
    callee = lab.start(row, bob, "register", "answer", "receive", "hello", "deregister")
    registered(callee)
    number = f"tel:+{bob.msisdn}"
    caller = lab.start(row, alice, "register", "register", "call", number, "2", "message", number, "hello", "deregister")
    eventually(lambda: saw(caller, event="call_established") or caller.poll() is not None, 60)
    check(lab.gauge("pcscf", "sigcomp_compartments") >= 2, "there are no compartments")
    ends_well(caller)
    ends_well(callee)
    check(saw(caller, event="call_established"), f"no call was established:\n{caller.log.read_text()}")
    spent = {name: value - before[name] for name, value in lab.sigcomp().items()}
    print(f"    measured SigComp over {row.transport}: {spent}", flush=True)
    for direction in ("received", "sent"):
        check(spent["messages", direction] > 15, f"{spent}")
        check(spent["bytes", direction] * 2 < spent["text_bytes", direction], f"it shrinks too little: {spent}")
    check(spent["nacks_received", ""] == 0, f"{spent}")


def reboot(lab, row):
    """Switched off without a word, and on again at the same address and ports."""
    subscriber, = lab.subscribers(1)
    address = lab.local(row)
    if not row.nat:
        address = f"[{address}]:5060" if row.family == 6 else f"{address}:5060"
    for _ in range(2):
        ue = lab.start(row, subscriber, "register", "stay", address=address)
        registered(ue)
        row.check_sets(lab, subscriber, 1)
        ue.kill()
        ue.wait()
    ue = lab.start(row, subscriber, "register", "deregister", address=address)
    ends_well(ue)


def expiry(lab, row):
    """Switched off for good: what is left of it is looked for at the end of all rows."""
    subscriber, = lab.subscribers(1)
    ue = lab.start(row, subscriber, "register", "stay", options=("--expires", "60"))
    registered(ue)
    row.check_sets(lab, subscriber, 1)
    ue.send_signal(signal.SIGTERM)
    ue.wait()


def restart(lab, row):
    """The P-CSCF is killed and started again: registered UEs do not notice, though their keys are nowhere but in the kernel."""
    alice, bob = lab.subscribers(2)
    receiver = lab.start(row, bob, "register", "receive", "hello", "message", f"tel:+{alice.msisdn}", "and back", "deregister")
    sender = lab.start(row, alice, "register", "stay", "message", f"tel:+{bob.msisdn}", "hello", "receive", "and back", "deregister")
    registered(receiver)
    registered(sender)
    lab.crash("pcscf")
    for subscriber in (alice, bob):
        row.check_sets(lab, subscriber, 1)
    # In UDP nobody takes ESP while the P-CSCF is down: connections that it left end only now, and block their ports till then.
    eventually(lambda: "LAST-ACK" not in ip_exec(row.host, "ss", "-tan"), 60)
    sender.send_signal(signal.SIGINT)
    ends_well(sender, 120)
    ends_well(receiver, 120)


def new_mapping(lab, row):
    """The NAT forgets its mapping and makes another one: the P-CSCF follows as soon as the UE speaks, and reaches it there."""
    alice, bob = lab.subscribers(2)
    receiver = lab.start(dataclasses.replace(row, nat=""), bob, "register", "receive", "hello", "message", f"tel:+{alice.msisdn}", "and back", "deregister")
    sender = lab.start(row, alice, "register", "stay", "message", f"tel:+{bob.msisdn}", "hello", "receive", "and back", "deregister")
    registered(receiver)
    registered(sender)
    before = [s["nat"]["port"] for s in lab.sets(alice)]
    lab.restart_nat("30000-30999")
    sender.send_signal(signal.SIGINT)
    eventually(lambda: any(s["nat"]["port"] >= 30000 for s in lab.sets(alice)), 30)
    check(all(20000 <= port < 21000 for port in before), f"before it was {before}")
    ends_well(sender, 120)
    ends_well(receiver, 120)
    lab.restart_nat("20000-20999")


def not_offered(lab, row):
    """A UE behind the NAT that knows transport mode alone is told so, and nothing is made for it."""
    subscriber, = lab.subscribers(1)
    ue = lab.start(dataclasses.replace(row, nat="unknown"), subscriber, "register")
    ue.wait(timeout=40)
    failure = saw(ue, event="registration_failed")
    check(failure and failure["status"] == 403, f"it was told {failure}")
    check(lab.sets(subscriber) == [], "it has associations")


def refused(lab, row):
    """A UE without a security agreement, and what is sent to a protected port in clear."""
    subscriber, = lab.subscribers(1)
    ue = lab.start(row, subscriber, "register")
    ue.wait(timeout=40)
    failure = saw(ue, event="registration_failed")
    check(failure and failure["status"] == 421, f"it was told {failure}")
    before = lab.gauge("pcscf", 'sip_net_received_total{transport="udp"}')
    send = f"import socket; s = socket.socket({socket.AF_INET6 if row.family == 6 else socket.AF_INET:d}, socket.SOCK_DGRAM); " \
           f"s.bind(({lab.address(row.family)!r}, 5064)); s.sendto(b'OPTIONS sip:x SIP/2.0\\r\\n\\r\\n', ({lab.PCSCF[row.family]!r}, 5063))"
    done = subprocess.run(["ip", "netns", "exec", "ue", sys.executable, "-c", send], capture_output=True, text=True, timeout=20)
    check(done.returncode == 0, done.stderr)
    time.sleep(1)
    after = lab.gauge("pcscf", 'sip_net_received_total{transport="udp"}')
    check(after == before, f"{after - before} datagrams in clear reached the P-CSCF")


@dataclasses.dataclass(frozen=True)
class Row:
    scenario: callable
    transport: str        # udp or tcp
    family: int           # 4 or 6
    transform: str = ""   # as ims-ue --ipsec has it; nothing: in clear
    nat: str = ""         # known: behind one, and the UE offers what TS 33.203 annex M has for it; unknown: it does not
    sigcomp: bool = False

    @property
    def host(self):
        return "behind" if self.nat else "ue"

    @property
    def options(self):
        ipsec = ("--ipsec", self.transform) if self.transform else ()
        sigcomp = ("--sigcomp",) if self.sigcomp else ()
        nat = ("--nat", KernelLab.OUTSIDE[self.family]) if self.nat == "known" else ()
        return (*ipsec, *sigcomp, *nat, *(("--no-rtp",) if self.nat else ()))

    def title(self):
        words = self.scenario.__name__.replace("_", " ") + (" behind a NAT" if self.nat else "")
        ending = ", with SigComp" if self.sigcomp else ""
        return f"{words} over {self.transport.upper()} and IPv{self.family}, {self.transform or 'in clear'}{ending}"

    def check_sets(self, lab, subscriber, count):
        """What the P-CSCF knows of a user, all of it in the kernel, and nothing else there."""
        sets = lab.sets(subscriber)
        check(len(sets) == count, f"{len(sets)} sets, not {count}: {sets}")
        for one in sets:
            check(one["transform"] == self.transform, f"{one['transform']}, not {self.transform}")
            check(all(a["in_kernel"] for a in one["associations"]), f"not in the kernel: {one}")
            check(one["mode"] == ("UDP-enc-tun" if self.nat else "trans"), f"in mode {one['mode']}")
            if self.nat:
                check(one["nat"]["address"] == KernelLab.OUTSIDE[self.family] and one["nat"]["port"] >= 20000, f"its NAT is {one['nat']}")
        newest = sets[-1]
        check(any(a["packets"] for a in newest["associations"]), f"nothing has passed: {newest}")
        # Those of earlier rows end meanwhile, also between the two questions.
        eventually(lambda: states() == 4 * len(lab.sets()), 10, "4 IPsec states at the P-CSCF for each set that it knows of")
        return sets

    def check_wire(self, packets):
        """Nothing but the first REGISTER and its answer crosses in clear (and what is refused for being in clear)."""
        inside_udp = [p for p in packets if p.protocol == "udp" and 4500 in (p.source[1], p.destination[1])]
        packets = [p for p in packets if p not in inside_udp]
        lines = {p.payload.split(b"\r\n", 1)[0].decode(errors="replace")
                 for p in packets if p.protocol in ("tcp", "udp") and p.payload.strip()}
        wrong = sorted(line for line in lines if not line.startswith(("REGISTER ", "SIP/2.0 401", "SIP/2.0 100")))
        if self.transform:
            check(not wrong, f"in clear were {wrong}")
            if self.scenario is not not_offered:
                check(inside_udp if self.nat else any(p.protocol == "esp" for p in packets), "nothing crossed in ESP")
            check(not self.nat or not any(p.protocol == "esp" for p in packets), "ESP crossed outside UDP")

    def __call__(self, lab):
        if self.nat and lab.why_no_nat:
            raise Skipped(lab.why_no_nat)
        wires = [Wire(link="out"), Wire("behind")] if self.nat else [Wire(), Wire("ue")]
        try:
            self.scenario(lab, self)
            for wire in wires:
                self.check_wire([p for p in wire.packets() if p.source[1] not in MEDIA and p.destination[1] not in MEDIA])
        finally:
            for wire in wires:
                wire.close()
        check(states(self.host) == 0 or self.scenario in (expiry, reboot), f"the UEs' kernel has {states(self.host)} IPsec states left")


MEDIA = range(16384, 65536)  # RTP, and what the kernel chooses
WAYS = [(transport, family) for transport in ("udp", "tcp") for family in (4, 6)]
TRANSFORMS = ["null/aes-gcm", "hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/des-ede3-cbc", "hmac-md5-96/aes-cbc", "hmac-md5-96/des-ede3-cbc",
              "aes-gmac/null", "hmac-sha-1-96/null", "hmac-md5-96/null"]
# Each scenario each way; the pairs of algorithms take turns, so that each is met several times.
ROWS = [Row(refused, "udp", 4), Row(refused, "udp", 6)] + [
    Row(scenario, transport, family, TRANSFORMS[(4 * s + w) % len(TRANSFORMS)])
    for s, scenario in enumerate((expiry, register, register_again, call, message, reboot, restart))
    for w, (transport, family) in enumerate(WAYS)] + [
    Row(compressed, "udp", 4, "null/aes-gcm", sigcomp=True), Row(compressed, "tcp", 6, "hmac-sha-1-96/aes-cbc", sigcomp=True)]

# The same behind a NAT; each scenario is met over both transports and both families.
ROWS += [Row(register, transport, family, "hmac-sha-1-96/aes-cbc", "known") for transport, family in WAYS]
ROWS += [Row(scenario, transport, family, "hmac-sha-1-96/aes-cbc", "known")
         for scenario in (register_again, call, message, restart) for transport, family in (("udp", 4), ("tcp", 6))]
ROWS += [Row(new_mapping, "udp", 4, "null/aes-gcm", "known"), Row(new_mapping, "udp", 6, "null/aes-gcm", "known"),
         Row(reboot, "udp", 4, "null/aes-gcm", "known"), Row(not_offered, "udp", 4, "null/aes-gcm", "known")]

for row in ROWS:
    test(row.title())(row)


@test("what was registered and ended, in whatever way, has left no state and no policy behind")
def nothing_is_left(lab):
    guards = policies()  # two for each protected port of each address
    # The slowest: 60 s of registration, 30 s after it (TS 24.229 5.2.2.2), 64*T1 for what is under way.
    eventually(lambda: states() == 0, 300, every=2)
    check(lab.sets() == [], f"the P-CSCF still knows {lab.sets()}")
    left = policies()
    check(left == 2 * 5 * 2, f"{left} policies are left of {guards}:\n{ip('xfrm', 'policy')[:2000]}")


if __name__ == "__main__":
    check(len({title for title, _ in TESTS}) == len(ROWS) + 1, "two rows have one title")
    sys.exit(run_on(KernelLab(pathlib.Path(os.environ["LAB_BASE"])), "kernel"))
