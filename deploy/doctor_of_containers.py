"""deploy/doctor --compose: the containers of docker-compose.yml, each by its own doctor, and the EPC they have joined.

Of the EPC (Open5GS in containers) it looks, from the engine's host, at what docs/lab.md asks for: the address of the P-CSCF
and the APN ims in smf.yaml, the range of UEs in smf.yaml and upf.yaml, forwarding in the UPF and no address translation there.
"""
import ipaddress
import json
import re

from sources import Containers, output_of

ADVICE = "docs/lab.md, Beside an EPC"


def pools_of(text):
    """[(range of addresses, DNN)] of a Open5GS configuration file; no DNN: of all of them."""
    found = []
    for match in re.finditer(r"^([ \t]*)-[ \t]*(?:subnet|addr):[ \t]*[\"']?([0-9A-Fa-f.:]+/\d+)[\"']?[ \t]*(?:#.*)?\n((?:\1[ \t]+\S.*\n)*)", text + "\n", re.M):
        dnn = re.search(r"\b(?:dnn|apn):[ \t]*[\"']?([\w.\-]+)", match.group(3))
        try:
            network = ipaddress.ip_network(match.group(2), strict=False)  # it names the address of the UPF's interface
        except ValueError:
            continue
        found.append((network, dnn.group(1) if dnn else None))
    return found


def pcscfs_of(text):
    """The addresses that smf.yaml names as P-CSCF: as a list below the key or beside it."""
    match = re.search(r"^[ \t]*p-cscf:[ \t]*(\[[^\]]*\]|(?:(?:#.*)?\n[ \t]*-.*)+)", text, re.M)
    return re.findall(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+", match.group(1)) if match else []


class Epc:
    """The containers of another project in the network that our P-CSCF has joined."""

    def __init__(self, network):
        status, said = output_of("docker", "network", "inspect", network)
        self.members = json.loads(said)[0]["Containers"] if status == 0 else {}

    def with_file(self, name):
        """(container's id, its name, its address, the file's text) of who has a configuration file of this name."""
        for identity, member in self.members.items():
            # What runs reads the installed one; others are what it was made from.
            look = f'for f in $(find / -xdev -name {name} -type f 2>/dev/null; ls /mnt/*/{name} 2>/dev/null); do case $f in */etc/*) echo "0 $f" ;; *) echo "1 $f" ;; esac; done | sort'
            status, said = output_of("docker", "exec", identity, "sh", "-c", look, timeout=120)
            if status == 0 and said.strip():
                path = said.splitlines()[0].split(" ", 1)[1]
                return identity, member["Name"], member["IPv4Address"].split("/")[0], output_of("docker", "exec", identity, "cat", path)[1]
        return None


def check_smf(doctor, epc, pcscf, pool):
    smf = epc.with_file("smf.yaml")
    if smf is None:
        return doctor.warning("SMF", "no container of this network has a smf.yaml", f"who tells phones the address of the P-CSCF? {ADVICE}")
    _, name, _, text = smf
    told = pcscfs_of(text)
    if pcscf in told:
        doctor.ok("SMF", f"{name} tells phones that the P-CSCF is at {pcscf}")
    else:
        doctor.failure("SMF", f"{name} names {', '.join(told) or 'nobody'} as P-CSCF, not {pcscf} (PCSCF_IP)", f"smf: p-cscf: [{pcscf}] in smf.yaml, and start the SMF again: {ADVICE}")
    check_pool(doctor, "SMF", f"smf.yaml of {name}", pools_of(text), pool)


def check_pool(doctor, subject, where, pools, pool):
    ours = [network for network, dnn in pools if dnn == "ims"]
    if pool in ours:
        doctor.ok(subject, f"{where} gives phones on the APN ims addresses of {pool}")
    elif ours:
        doctor.failure(subject, f"{where} gives phones on the APN ims addresses of {', '.join(map(str, ours))}, not of {pool} (UE_IPV4_IMS)",
                       "UE_IPV4_IMS in deploy/.env, and docker compose up -d: the way back to phones follows it")
    else:
        doctor.failure(subject, f"{where} has no subnet with dnn: ims", f"a session of that name, of the range {pool}: {ADVICE}")


def check_upf(doctor, epc, address, pool):
    upf = epc.with_file("upf.yaml")
    if upf is None:
        return doctor.warning("UPF", "no container of this network has a upf.yaml", f"the way to phones cannot be looked at: {ADVICE}")
    identity, name, at, text = upf
    if at == address:
        doctor.ok("UPF", f"{name} is at {address}")
    else:
        doctor.failure("UPF", f"{name} is at {at}, not at {address} (UPF_IP)", "UPF_IP in deploy/.env, and docker compose up -d: the route to phones goes there")
    check_pool(doctor, "UPF", f"upf.yaml of {name}", pools_of(text), pool)
    _, forwards = output_of("docker", "exec", identity, "cat", "/proc/sys/net/ipv4/ip_forward")
    if forwards.strip() == "1":
        doctor.ok("UPF", "forwards between its tunnel and the network")
    else:
        doctor.failure("UPF", f"does not forward: net.ipv4.ip_forward is {forwards.strip()}", "sysctl -w net.ipv4.ip_forward=1 in it")
    status, rules = output_of("docker", "exec", "-u", "root", identity, "sh", "-c", "iptables-save -t nat 2>&1 || nft list ruleset")
    if status != 0:
        return doctor.warning("UPF", f"its rules of address translation cannot be read: {rules.strip().splitlines()[-1:]}", "no MASQUERADE may match " + str(pool))
    translating = [rule.strip() for rule in rules.splitlines() if re.search(r"masquerade|snat", rule, re.I) and may_match(rule, pool)]
    if translating:
        doctor.failure("UPF", f"addresses of phones are translated: {translating[0]}", f"the P-CSCF must see a phone's own address: take the rule away, or except {pool} from it")
    else:
        doctor.ok("UPF", f"does not translate addresses of {pool}")


def may_match(rule, pool):
    """Whether a rule about sources can be about phones of this range."""
    source = re.search(r"(!\s*)?(?:-s|ip saddr)\s+(!=\s*)?([0-9.]+(?:/\d+)?)", rule)
    if not source:
        return True
    overlaps = ipaddress.ip_network(source.group(3), strict=False).overlaps(pool)
    return overlaps != bool(source.group(1) or source.group(2))


def check_containers(doctor, project):
    """Findings of all containers, then of the EPC. ValueError if there are no containers of this project."""
    containers = Containers(project)
    for name in Containers.ALL:
        status, said = containers.inside(name, "doctor", timeout=120)
        if status not in (0, 1):
            state = containers.found[name]["State"]["Status"] if name in containers.found else "not there"
            doctor.failure(name, f"its container is {state}: {said.strip()}", f"docker compose up -d {name}; docker compose logs {name}")
            continue
        lines = said.splitlines()
        for n, line in enumerate(lines):
            found = re.match(r"(ok|warning|FAILURE) +(\S[^:]*): (.*)", line)
            if found:
                advice = lines[n + 1].split("->", 1)[1].strip() if n + 1 < len(lines) and "->" in lines[n + 1] else ""
                doctor.say(found.group(1).lower(), f"{name}: {found.group(2)}" if found.group(2) != name else name, found.group(3), advice)
    settings = containers.settings
    if not settings.get("UE_IPV4_IMS"):
        return doctor.ok("EPC", "none is joined (docker-compose.open5gs.yml joins one)")
    ours = {f"{project}_core", f"{project}_access"}
    joined = {name: at["IPAddress"] for name, at in containers.found["pcscf"]["NetworkSettings"]["Networks"].items() if name not in ours}
    pool = ipaddress.ip_network(settings["UE_IPV4_IMS"], strict=False)
    for network, address in joined.items():
        epc = Epc(network)
        check_smf(doctor, epc, address, pool)
        check_upf(doctor, epc, settings.get("UPF_IP", ""), pool)
    if not joined:
        doctor.failure("EPC", "the P-CSCF is in no network of an EPC", ADVICE)
