#!/usr/bin/env python3
"""The whole lab on a kernel of our own: the core and its P-CSCF in this network namespace, the UEs in another one, joined
by a veth. tests/kernel/run boots the kernel and starts this there; it makes addresses and namespaces.

ROWS is the table of what is seen: to see more, add a row.
"""
import collections
import ctypes
import dataclasses
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from harness import TESTS, Lab, check, eventually, run_on, saw, test  # noqa: E402

CLONE_NEWNET = 0x40000000
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 50: "esp", 58: "icmp6"}


# ---- hosts and what is between them

def ip(*arguments, host=None):
    """What `ip` prints, asked in a network namespace."""
    command = ["ip", *(["netns", "exec", host, "ip"] if host else []), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def states(host=None):
    """The number of IPsec states in the kernel for a host."""
    return int(re.search(r"SAD count (\d+)", ip("xfrm", "state", "count", host=host)).group(1))


def policies(host=None):
    """Those for packets in, out and forwarded, guards among them."""
    return ip("xfrm", "policy", "list", host=host).count("\n\tdir ")


Packet = collections.namedtuple("Packet", "protocol source destination payload")


class Wire:
    """What leaves a host on the veth: captured where it is sent, so it is what was really on the wire."""

    def __init__(self, host=None):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{host}" if host else "/proc/self/ns/net") as there:
            check(libc.setns(there.fileno(), CLONE_NEWNET) == 0, "setns")
            try:
                self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
                self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
                self.socket.bind(("gm", 3))
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

    def __init__(self, base):
        super().__init__("kernel", "198.18.1")
        self.base = base
        self.directory = pathlib.Path("/run/lab")
        self.pcscf = f"{self.PCSCF[4]}:5060"
        self.on_ipv6 = {"PCSCF6": f"[{self.PCSCF[6]}]:5060", "ICSCF6": "none", "SCSCF6": "none", "HSS6": "none"}
        self.environment |= {"LAB_DIR": str(self.directory), "PCSCF": self.pcscf, "LOG_LEVEL": "info", "BEYOND_LOOPBACK": "true", "PATIENCE": "60", **self.on_ipv6}
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
        # Forking is slow here: the database was made outside and is only copied.
        shutil.copytree(self.base, self.directory)
        subprocess.run(["chown", "-R", "postgres", str(self.directory / "postgres")], check=True)
        self.directory.chmod(0o755)
        began = time.monotonic()
        self.lab("up")
        print(f"    measured the lab came up after {time.monotonic() - began:.0f} s", flush=True)
        self.realm = self.status()["realm"]

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.lab("down", check_status=False)  # all of it ends with this machine

    def address(self, family):
        """One more address in the UEs' host."""
        self.number += 1
        address = self.UES[family].format(self.number)
        ip("address", "add", f"{address}/{64 if family == 6 else 24}", "dev", "gm", *(["nodad"] if family == 6 else []), host="ue")
        return address

    def start(self, row, subscriber, *script):
        """A UE as this row has it; its SIM's subscriber is known to the HSS."""
        command = self.ue_command(subscriber, *script, options=("--transport", row.transport, *row.options), ipv6=row.family == 6)
        command[command.index("--local") + 1] = self.address(row.family)
        out = open(self.directory / "log" / f"ue-{subscriber.imsi}.log", "w+")
        process = subprocess.Popen(["ip", "netns", "exec", "ue", *command], stdout=out, stderr=subprocess.STDOUT, text=True)
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


# ---- scenarios: each takes the lab and its row, and has everyone deregistered at its end

def register(lab, row):
    ue = lab.start(row, *lab.subscribers(1), "register", "stay", "deregister")
    eventually(lambda: saw(ue, event="registered") or ue.poll() is not None, 30)
    row.check_states(1)
    ue.send_signal(signal.SIGINT)
    ends_well(ue)


def call(lab, row):
    alice, bob = lab.subscribers(2)
    callee = lab.start(row, bob, "register", "answer", "deregister")
    eventually(lambda: saw(callee, event="registered") or callee.poll() is not None, 30)
    caller = lab.start(row, alice, "register", "call", f"tel:+{bob.msisdn}", "2", "deregister")
    eventually(lambda: saw(caller, event="call_established") or caller.poll() is not None, 30)
    row.check_states(2)
    ends_well(caller)
    ends_well(callee)
    check(saw(caller, event="call_established"), f"no call was established:\n{caller.log.read_text()}")


def message(lab, row):
    alice, bob = lab.subscribers(2)
    receiver = lab.start(row, bob, "register", "receive", "hello", "deregister")
    eventually(lambda: saw(receiver, event="registered") or receiver.poll() is not None, 30)
    sender = lab.start(row, alice, "register", "message", f"tel:+{bob.msisdn}", "hello", "deregister")
    ends_well(sender)
    ends_well(receiver)


@dataclasses.dataclass(frozen=True)
class Row:
    scenario: callable
    transport: str        # udp or tcp
    family: int           # 4 or 6
    options: tuple = ()   # of ims-ue
    protection: str = ""  # for the title
    states: int = 0       # IPsec states in the P-CSCF's kernel, and in the UE's, for each registered UE
    wire: frozenset = frozenset()  # protocols on the wire; the row's transport where nothing is given
    clear: tuple = ()     # how SIP in clear may begin; anything where nothing is given

    def title(self):
        return f"{self.scenario.__name__} over {self.transport.upper()} and IPv{self.family}, {self.protection or 'in clear'}"

    def check_states(self, registered):
        for host in (None, "ue"):
            seen = states(host)
            check(seen == self.states * registered, f"{seen} IPsec states at the {host or 'pcscf'}, not {self.states * registered}")

    def check_wire(self, packets):
        seen = {p.protocol for p in packets}
        check(seen == (self.wire or {self.transport}), f"on the wire were {sorted(seen)}")
        if self.clear:
            lines = {p.payload.split(b"\r\n", 1)[0].decode(errors="replace") for p in packets if p.protocol != "esp" and p.payload.strip()}
            wrong = sorted(line for line in lines if not line.startswith(self.clear))
            check(not wrong, f"in clear were {wrong}")

    def __call__(self, lab):
        before = policies(), policies("ue")
        wires = [Wire(), Wire("ue")]
        try:
            self.scenario(lab, self)
            for wire in wires:
                self.check_wire(wire.packets())
        finally:
            for wire in wires:
                wire.close()
        eventually(lambda: states() == states("ue") == 0, 15)
        check((policies(), policies("ue")) == before, f"of {before} policies are left {policies(), policies('ue')}:\n{ip('xfrm', 'policy')}")


ROWS = [
    Row(register, "udp", 4),
    Row(register, "tcp", 4),
    Row(register, "udp", 6),
    Row(register, "tcp", 6),
    Row(call, "udp", 4),
    Row(call, "tcp", 4),
    Row(call, "udp", 6),
    Row(call, "tcp", 6),
    Row(message, "udp", 4),
    Row(message, "tcp", 6),
]

for row in ROWS:
    test(row.title())(row)

if __name__ == "__main__":
    check(len({title for title, _ in TESTS}) == len(ROWS), "two rows have one title")
    sys.exit(run_on(KernelLab(pathlib.Path(os.environ["LAB_BASE"])), "kernel"))
