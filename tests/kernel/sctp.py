#!/usr/bin/env python3
"""The whole lab on a kernel of our own with SCTP between its nodes (RFC 4168, RFC 6733 2.1): the P-CSCF and the UEs in a
network namespace of their own, two paths between it and the core. tests/kernel/run boots the kernel and starts this there.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from harness import BUILD, Lab, check, eventually, run_on, saw, test  # noqa: E402

EDGE = "edge"
PATHS = {"one": "198.18.10", "two": "198.18.11"}
UES = "198.18.12"
NODES = {"pcscf": 10, "icscf": 20, "scscf": 30, "hss": 40}


def ip(*arguments, host=None):
    command = ["ip", *(["netns", "exec", host, "ip"] if host else []), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class SctpLab(Lab):
    def __init__(self, base):
        super().__init__("kernel-sctp", PATHS["one"])
        self.base = base
        self.directory = pathlib.Path("/run/lab")
        self.on_ipv6 = {f"{name.upper()}6": "none" for name in NODES}
        programs = pathlib.Path("/run/programs/bin")
        self.environment |= {"LAB_DIR": str(self.directory), "BUILD_DIR": str(programs.parent), "LOG_LEVEL": "info", "SECURITY": "off",
                             "BEYOND_LOOPBACK": "true", "PATIENCE": "60", "CORE_TRANSPORT": "sctp", **self.on_ipv6}
        self.environment |= {f"{name.upper()}_FURTHER": f"{PATHS['two']}.{number}" for name, number in NODES.items()}
        self.programs = programs

    def up(self):
        ip("netns", "add", EDGE)
        ip("link", "set", "lo", "up", host=EDGE)
        for path, net in PATHS.items():
            ip("link", "add", path, "type", "veth", "peer", "name", path, "netns", EDGE)
            ip("link", "set", path, "up")
            ip("link", "set", path, "up", host=EDGE)
            for name, number in NODES.items():
                ip("address", "add", f"{net}.{number}/24", "dev", path, host=EDGE if name == "pcscf" else None)
        # Where the P-CSCF runs is its wrapper's business.
        self.programs.mkdir(parents=True)
        for program in (BUILD / "bin").iterdir():
            if program.name != "pcscf":
                (self.programs / program.name).symlink_to(program)
        wrapper = self.programs / "pcscf"
        wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {EDGE} {BUILD}/bin/pcscf "$@"\n')
        wrapper.chmod(0o755)
        # Forking is slow here: the database was made outside and is only copied.
        shutil.copytree(self.base, self.directory)
        subprocess.run(["chown", "-R", "postgres", str(self.directory / "postgres")], check=True)
        self.directory.chmod(0o755)
        began = time.monotonic()
        self.lab("up")
        print(f"    measured the lab came up after {time.monotonic() - began:.0f} s", flush=True)

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        # All of it ends with this machine.

    def start(self, subscriber, *script, options=()):
        """A UE beside the P-CSCF."""
        self.next_ue_address += 1
        address = f"{UES}.{self.next_ue_address}"
        ip("address", "add", f"{address}/32", "dev", "lo", host=EDGE)
        command = self.ue_command(subscriber, *script, options=options)
        command[command.index("--local") + 1] = address
        out = open(self.directory / "log" / f"ue-{subscriber.imsi}-{len(self.processes)}.log", "w+")
        process = subprocess.Popen(["ip", "netns", "exec", EDGE, *command], stdout=out, stderr=subprocess.STDOUT, text=True)
        process.log = pathlib.Path(out.name)
        out.close()
        self.processes.append(process)
        return process

    def counted(self, service, name, transport):
        return self.gauge(service, f'{name}{{transport="{transport}"}}')


def ends_well(process, seconds=60):
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        check(False, f"the UE did not end within {seconds} s:\n{process.log.read_text()}")
    check(process.returncode == 0, f"the UE ended with {process.returncode}:\n{process.log.read_text()}")


def appears(process, seconds=40, **fields):
    eventually(lambda: saw(process, **fields) or process.poll() is not None, seconds)
    check(saw(process, **fields), f"no {fields}:\n{process.log.read_text()}")


def associations():
    """Of the core's host: {(local port, remote port): (local addresses, remote addresses)}."""
    found = {}
    for line in pathlib.Path("/proc/net/sctp/assocs").read_text().splitlines()[1:]:
        words = line.split()
        middle = words.index("<->")
        first = next(i for i, word in enumerate(words) if "." in word or ":" in word)
        found[words[first - 2], words[first - 1]] = (set(w.lstrip("*") for w in words[first:middle]),
                                                     set(w.lstrip("*") for w in words[middle + 1:] if "." in w))
    return found


def states_of(net):
    """Of each remote address in net, seen from both hosts: its state (Linux's sctp_spinfo_state), as often as it is in an association."""
    lines = []
    for host in ([], ["ip", "netns", "exec", EDGE]):
        done = subprocess.run([*host, "cat", "/proc/net/sctp/remaddr"], capture_output=True, text=True, timeout=30)
        check(done.returncode == 0, f"/proc/net/sctp/remaddr: {done.stderr.strip()}")
        lines += done.stdout.splitlines()[1:]
    return [int(line.split()[-1]) for line in lines if line.startswith(net + ".")]


ACTIVE = 2


@test("P-, I- and S-CSCF and HSS talk SCTP and nothing else, and a UE registers")
def registers(lab):
    alice, = lab.subscribers(1)
    ue = lab.start(alice, "register", "deregister")
    ends_well(ue)
    for service in ("icscf", "scscf"):
        check(lab.counted(service, "sip_net_received_total", "sctp") > 0, f"{service} has received nothing over SCTP")
        for transport in ("udp", "tcp"):
            check(lab.counted(service, "sip_net_received_total", transport) == 0, f"{service} has received something over {transport}")
        check(lab.gauge(service, "diameter_peer_open") == 1, f"{service} has no HSS")
    known = associations()
    diameter = [ends for ports, ends in known.items() if "3868" in ports]
    check(len(diameter) == 4, f"not the two ends of two Diameter associations: {known}")
    check(all(len(local) == len(remote) == 2 for local, remote in known.values()), f"not all have two addresses at each end: {known}")


@test("a path is cut in the middle of a call, and the call goes on and ends as it should")
def cut(lab):
    alice, bob = lab.subscribers(2)
    callee = lab.start(bob, "register", "answer", "deregister")
    appears(callee, event="registered")
    caller = lab.start(alice, "register", "call", f"tel:+{bob.msisdn}", "6", "message", f"tel:+{bob.msisdn}", "still here", "deregister")
    appears(caller, event="call_established")
    ip("link", "set", "one", "down")
    check(caller.poll() is None and not saw(caller, event="call_ended"), "the call was over before the path was cut")
    ends_well(callee)
    caller.wait(60)
    check(saw(caller, event="call_ended"), f"the call did not end:\n{caller.log.read_text()}")


@test("the other path is cut when the first one is back, and a message goes both ways")
def cut_the_other(lab):
    # What was never missed does not come back.
    eventually(lambda: any("sip.net.path.changed" in line and "unreachable" in line for line in lab.log("pcscf").splitlines()), 60)
    ip("link", "set", "one", "up")
    eventually(lambda: "reason=available" in lab.log("pcscf"), 40)
    # Each end of each association finds that out by its own heartbeats. Whoever has not yet would have no path left.
    eventually(lambda: set(states_of(PATHS["one"])) == {ACTIVE}, 60)
    ip("link", "set", "two", "down")
    alice, bob = lab.subscribers(2)
    receiver = lab.start(bob, "register", "receive", "hello", "message", f"tel:+{alice.msisdn}", "and back", "deregister")
    appears(receiver, event="registered")
    sender = lab.start(alice, "register", "message", f"tel:+{bob.msisdn}", "hello", "receive", "and back", "deregister")
    ends_well(sender)
    ends_well(receiver)
    ip("link", "set", "two", "up")


@test("UEs register, call and send messages over SCTP")
def over_sctp(lab):
    alice, bob = lab.subscribers(2)
    options = ("--transport", "sctp")
    callee = lab.start(bob, "register", "answer", "receive", "hello", "deregister", options=options)
    appears(callee, event="registered")
    caller = lab.start(alice, "register", "call", f"tel:+{bob.msisdn}", "1", "message", f"tel:+{bob.msisdn}", "hello", "deregister",
                       options=options)
    ends_well(caller)
    ends_well(callee)
    check(saw(caller, event="call_established"), f"no call was established:\n{caller.log.read_text()}")


@test("both paths are cut, heartbeats alone find the P-CSCF dead, and it is reached again afterwards")
def silent(lab):
    def with_the_pcscf():
        ours = {f"{net}.{NODES['pcscf']}" for net in PATHS.values()}
        return [ends for ends in associations().values() if ends[1] & ours]
    check(with_the_pcscf(), f"no association of the core with the P-CSCF: {associations()}")
    for path in PATHS:
        ip("link", "set", path, "down")
    began = time.monotonic()
    # Nobody sends anything: limits.idle_timeout is ten minutes.
    eventually(lambda: not with_the_pcscf(), 240)
    print(f"    measured heartbeats alone found a dead peer after {time.monotonic() - began:.0f} s", flush=True)
    for path in PATHS:
        ip("link", "set", path, "up")
    alice, = lab.subscribers(1)
    ends_well(lab.start(alice, "register", "deregister"), 120)


if __name__ == "__main__":
    sys.exit(run_on(SctpLab(pathlib.Path(os.environ["LAB_BASE"])), "kernel-sctp"))
