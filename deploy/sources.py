"""Where deploy/support-bundle finds what it puts into a bundle: a lab of deploy/lab (Lab), or the containers of
docker-compose.yml (Containers). Both give the same things; what cannot be had is told to `problem`, a function of a text.
"""
import hashlib
import http.client
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
SERVICES = ("pcscf", "icscf", "scscf", "hss")
LOG_OCTETS = 4 << 20  # of the end of each log


def output_of(*command, environment=None, timeout=60):
    """(exit status, what it prints); -1 where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, env=environment)
    except (OSError, subprocess.TimeoutExpired) as e:
        return -1, str(e)
    return done.returncode, done.stdout + (done.stderr if done.returncode != 0 else "")


def without_a_part_of_a_line(text):
    return text if len(text) <= LOG_OCTETS else text[-LOG_OCTETS:].split("\n", 1)[1]


class Lab:
    """What deploy/lab has made at `directory`. OSError or ValueError if deploy/lab does not tell what runs there."""

    def __init__(self, directory, binaries):
        self.directory, self.binaries = pathlib.Path(directory), pathlib.Path(binaries)
        self.environment = dict(os.environ, LAB_DIR=str(directory), LAB=str(directory))
        self.state = json.loads(output_of(str(ROOT / "deploy" / "lab"), "status", "--json", environment=self.environment)[1])
        env = self.directory / "lab.env"
        self.settings = dict(line.split("=", 1) for line in env.read_text().splitlines() if "=" in line) if env.exists() else {}

    def addresses(self):
        return {at.rsplit(":", 1)[0].strip("[]") for name in SERVICES for at in self.state["services"][name]["addresses"].values()}

    def secrets(self):
        found = [p.read_text(errors="replace").strip() for p in (self.directory / "secrets").glob("*") if p.is_file()]
        return found + [s.rsplit(":", 1)[1] for s in found if s.count(":") == 4]  # pgpass

    def status(self):
        return "status.json", json.dumps(self.state, indent=2) + "\n"

    def programs(self, problem):
        for name in (*SERVICES, "ims-ue", "ims-why"):
            program = self.binaries / name
            if not program.exists():
                problem(f"versions: {name} is not built at {self.binaries}")
                continue
            status, said = output_of(str(program), "--version")
            yield f"{name}: {said.strip() if status == 0 else 'does not tell its version'}, sha256 {hashlib.sha256(program.read_bytes()).hexdigest()[:16]}"

    def packages(self):
        wanted = sorted({line.split()[1] for line in (ROOT / "deploy" / "packages").read_text().splitlines() if line and not line.startswith("#")})
        return ["\n# Debian packages", output_of("dpkg-query", "-W", *wanted)[1]]

    def configuration(self, problem):
        for path in [self.directory / "lab.env", *sorted((self.directory / "etc").glob("*.yaml"))]:
            try:
                yield path.name, path.read_text()
            except OSError as e:
                problem(f"configuration: {e}")

    def admin(self, name):
        return self.state["services"][name]["addresses"]["admin/http"]

    def get(self, name, path):
        """(HTTP status, text) of a service's admin port, or (0, why not)."""
        host, port = self.admin(name).rsplit(":", 1)
        try:
            connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as e:
            return 0, f"{self.admin(name)}: {str(e) or type(e).__name__}"

    def query(self, sql):
        password = self.directory / "secrets" / "postgres-password"
        environment = dict(os.environ, PGPASSWORD=password.read_text().strip() if password.exists() else "")
        return output_of("psql", "-qAt", "-h", str(self.directory / "run"), "-U", "ims", "-d", "ims", "-c", sql, environment=environment, timeout=20)

    def doctor(self, problem):
        code, said = output_of(str(ROOT / "deploy" / "doctor"), "--json", environment=self.environment, timeout=120)
        if code in (0, 1):
            yield "doctor.json", said
        else:
            problem(f"doctor: {said.strip()}")

    def logs(self, problem):
        for name in (*SERVICES, "postgres"):
            try:
                with open(self.directory / "log" / f"{name}.log", "rb") as file:
                    file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_OCTETS - 1))
                    yield name, without_a_part_of_a_line(file.read().decode("utf-8", "replace"))
            except OSError as e:
                problem(f"log: {e}")

    def why(self, key):
        return output_of(str(self.binaries / "ims-why"), *(f"--service={name}={self.admin(name)}" for name in SERVICES), key)


def project_of_containers():
    project = os.environ.get("COMPOSE_PROJECT_NAME")
    return project or re.search(r"^COMPOSE_PROJECT_NAME=(\S+)", (ROOT / "deploy" / ".env").read_text(), re.M).group(1)


class Containers:
    """A core of docker-compose.yml, seen from the engine's host. ValueError if no container of the project is there."""

    ALL = (*SERVICES, "dns", "postgres")

    def __init__(self, project):
        self.found = {}  # name of the service -> what the engine says of its container
        for name in self.ALL:
            status, said = output_of("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}",
                                     "--filter", f"label=com.docker.compose.service={name}")
            if status != 0:
                raise ValueError(f"docker: {said.strip()}")
            if said.strip():
                self.found[name] = json.loads(output_of("docker", "inspect", said.split()[0])[1])[0]
        if not self.found:
            raise ValueError(f"there is no container of the project {project} (COMPOSE_PROJECT_NAME)")
        self.settings = {}
        for name in SERVICES:
            for variable in self.found.get(name, {"Config": {"Env": []}})["Config"]["Env"]:
                key, value = variable.split("=", 1)
                if key not in ("PATH", "HOSTNAME"):
                    self.settings[key] = value

    def inside(self, name, *command, timeout=60):
        """(exit status, what it prints) of a command in the container of a service."""
        if name not in self.found:
            return -1, "there is no container of it"
        return output_of("docker", "exec", self.found[name]["Id"], *command, timeout=timeout)

    def addresses(self):
        networks = [n for container in self.found.values() for n in container["NetworkSettings"]["Networks"].values()]
        return {n[key] for n in networks for key in ("IPAddress", "GlobalIPv6Address") if n.get(key)}

    def secrets(self):
        _, said = self.inside("hss", "sh", "-c", "for f in /var/lib/ims/secrets/* /var/lib/ims/api/*; do [ -f $f ] && cat $f && echo; done")
        return said.split()

    def status(self):
        state = {name: {"image": c["Config"]["Image"], "image_id": c["Image"], "state": c["State"]["Status"], "health": c["State"].get("Health", {}).get("Status", ""),
                        "started": c["State"]["StartedAt"], "restarts": c["RestartCount"], "networks": c["NetworkSettings"]["Networks"]}
                 for name, c in self.found.items()}
        return "status.json", json.dumps(state, indent=2) + "\n"

    def programs(self, problem):
        for name in SERVICES:
            status, said = self.inside(name, name, "--version")
            if status != 0:
                problem(f"versions: {name}: {said.strip()}")
            else:
                yield f"{name}: {said.strip()}, image {self.found[name]['Image'][:19]}"

    def packages(self):
        return ["\n# engine", output_of("docker", "version")[1]]

    def configuration(self, problem):
        yield "environment", "".join(f"{key}={value}\n" for key, value in sorted(self.settings.items()))
        for name in SERVICES:
            status, said = self.inside(name, "cat", f"/run/ims/{name}.yaml")
            if status == 0:
                yield f"{name}.yaml", said
            else:
                problem(f"configuration of {name}: {said.strip()}")

    def get(self, name, path):
        """(HTTP status, text) of a service's admin port, or (0, why not)."""
        # The images have bash, and nothing that is made for this.
        ask = 'exec 3<>/dev/tcp/127.0.0.1/9090 && printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$0" >&3 && cat <&3'
        status, said = self.inside(name, "timeout", "10", "bash", "-c", ask, path)
        answer = re.match(r"HTTP/1\.\d (\d{3}) .*?\r?\n\r?\n", said, re.S)
        return (int(answer.group(1)), said[answer.end():]) if status == 0 and answer else (0, said.strip() or "no answer")

    def query(self, sql):
        return self.inside("postgres", "psql", "-qAt", "-h", "/run/postgresql", "-d", "ims", "-c", sql, timeout=20)

    def doctor(self, problem):
        for name in self.ALL:
            status, said = self.inside(name, "doctor", timeout=120)
            if status in (0, 1):
                yield f"doctor/{name}.txt", said
            else:
                problem(f"doctor in {name}: {said.strip()}")

    def logs(self, problem):
        for name in self.ALL:
            if name not in self.found:
                problem(f"log: there is no container of {name}")
                continue
            # Both streams, as they came.
            status, said = output_of("sh", "-c", f'docker logs --tail 40000 {self.found[name]["Id"]} 2>&1')
            if status == 0:
                yield name, without_a_part_of_a_line(said)
            else:
                problem(f"log of {name}: {said.strip()}")

    def why(self, key):
        asked = next((name for name in SERVICES if self.found.get(name, {"State": {"Running": False}})["State"]["Running"]), "pcscf")
        return self.inside(asked, "why", key)
