"""A Docker engine for the tests: the machine's own if one runs, else one of Debian's packages, started and ended here.

Base image: debian:bookworm-slim if the engine has it or a registry gives it; else made with debootstrap from the mirror that
this machine's apt uses, and kept as a file in the build folder for the next time.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from harness import ROOT, Failure, Skipped, check

BASE = "debian:bookworm-slim"
# It leaves nothing behind on the machine: no bridge, no packet filter, no forwarding. Nobody in the containers needs the world;
# images are built in the host's network. Addresses are of RFC 2544 and RFC 4193, as no network around the machine has them.
# What a packet filter on the machine says about forwarding must not reach traffic inside of a bridge meanwhile.
BRIDGE_FILTERS = [pathlib.Path(f"/proc/sys/net/bridge/bridge-nf-call-{kind}") for kind in ("iptables", "ip6tables")]
SETTINGS = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--default-address-pool", "base=198.18.128.0/18,size=24")
# What the official image leaves out as well.
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian", "var/cache/apt", "var/lib/apt/lists")


class Engine:
    def __init__(self, folder):
        self.folder = folder  # of the engine's data, and of the base image's file
        self.daemon = None
        self.runtime = None
        self.imported = []
        self.filters = {}  # as they were
        self.environment = dict(os.environ)

    def docker(self, *arguments, timeout=120, check_status=True, **options):
        done = subprocess.run([self.client, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout, **options)
        if check_status and done.returncode != 0:
            raise Failure(f"docker {' '.join(arguments)}: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    # ---- the engine

    def start(self):
        """One that runs is used as it is; whoever has none gets one that ends with end()."""
        self.client = shutil.which("docker")
        if self.client and self.docker("info", check_status=False).returncode == 0 and shutil.which("docker-compose"):
            return
        self.install()
        # Debian's client beside Debian's engine, whatever else there is
        self.client = "/usr/bin/docker"
        if os.geteuid() != 0:
            raise Skipped("no Docker engine runs here, and starting one needs root")
        for path in BRIDGE_FILTERS:
            if path.exists():
                self.filters[path] = path.read_text()
                path.write_text("0")
        if not self.start_daemon():
            self.restore_filters()
            raise Skipped(f"no Docker engine runs here, and Debian's does not start: {self.last_words()}")

    def install(self):
        wanted = ("/usr/sbin/dockerd", "/usr/bin/docker", "/usr/bin/docker-compose", "/usr/sbin/debootstrap")
        if all(os.access(path, os.X_OK) for path in wanted):
            return
        if os.environ.get("SKIP_INSTALL") == "1":
            raise Skipped("no Docker engine runs here, and SKIP_INSTALL=1 forbids to install one")
        done = subprocess.run([str(ROOT / "deploy" / "install-packages"), "compose"], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skipped(f"no Docker engine runs here, and none can be installed: {(done.stdout + done.stderr).strip().splitlines()[-1:]}")

    def start_daemon(self):
        shutil.rmtree(self.folder / "engine", ignore_errors=True)
        (self.folder / "engine").mkdir(parents=True)
        self.runtime = pathlib.Path(tempfile.mkdtemp(prefix="ims-engine-"))  # sockets: their paths must be short
        self.environment["DOCKER_HOST"] = f"unix://{self.runtime}/docker.sock"
        with (self.folder / "engine.log").open("w") as log:
            self.daemon = subprocess.Popen(
                ["/usr/sbin/dockerd", "--data-root", str(self.folder / "engine"), "--exec-root", str(self.runtime / "exec"),
                 "--pidfile", str(self.runtime / "pid"), "-H", self.environment["DOCKER_HOST"], *SETTINGS],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + 40
        while time.monotonic() < end and self.daemon.poll() is None:
            if self.docker("info", check_status=False).returncode == 0:
                return True
            time.sleep(0.2)
        self.end_daemon()
        return False

    def last_words(self):
        lines = (self.folder / "engine.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it says nothing"

    def end_daemon(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        self.daemon = None
        for folder in (self.runtime, self.folder / "engine"):
            # It leaves mounts of what its containers' names were.
            for line in pathlib.Path("/proc/mounts").read_text().splitlines():
                if line.split()[1].startswith(f"{folder}/"):
                    subprocess.run(["umount", "-l", line.split()[1]], check=True)
            shutil.rmtree(folder)

    def restore_filters(self):
        for path, value in self.filters.items():
            path.write_text(value)

    def end(self):
        if self.daemon:
            self.end_daemon()
            return self.restore_filters()
        for image in self.imported:
            self.docker("image", "rm", "-f", image, check_status=False)

    def load(self, tar, image):
        """An image of what a tar file or stream has."""
        done = subprocess.run([self.client, "import", "-", image], stdin=tar, env=self.environment, capture_output=True, timeout=300)
        check(done.returncode == 0, f"docker import {image}: {done.stderr.decode()}")
        self.imported.append(image)

    # ---- the base image

    def base(self):
        """Says where it comes from."""
        if self.docker("image", "inspect", BASE, check_status=False).returncode == 0:
            return "the engine has it"
        try:
            if self.docker("pull", "-q", BASE, timeout=30, check_status=False).returncode == 0:
                self.imported.append(BASE)
                return "from a registry"
        except subprocess.TimeoutExpired:
            pass
        tar = self.folder / "base.tar"
        if not tar.exists():
            self.bootstrap(tar)
        with tar.open("rb") as stream:
            self.load(stream, BASE)
        return "made with debootstrap"

    def bootstrap(self, tar):
        self.install()
        root = self.folder / "base"
        shutil.rmtree(root, ignore_errors=True)
        sources = apt_sources()
        mirror = next((site for site, release in sources if release == "bookworm"), None)
        if mirror is None:
            raise Skipped("no registry has the base image, and this machine's apt knows no Debian 12 to make it from")
        done = subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(root), mirror],
                              capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Skipped(f"no registry has the base image, and debootstrap could not make it: {done.stdout.strip().splitlines()[-1:]}")
        # apt in the containers asks where this machine's does, with its patience
        (root / "etc/apt/sources.list").write_text("".join(f"deb {site} {release} main\n" for site, release in sources))
        (root / "etc/apt/apt.conf.d/99here").write_text(apt_settings())
        (root / "etc/dpkg/dpkg.cfg.d").mkdir(parents=True, exist_ok=True)
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text("".join(f"path-exclude /{path}/*\n" for path in LEFT_OUT if path.startswith("usr")))
        for path in LEFT_OUT:
            for left in (root / path).glob("*"):
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        fresh = tar.with_suffix(".new")
        subprocess.run(["tar", "-C", str(root), "-cf", str(fresh), "."], check=True, timeout=120)
        fresh.rename(tar)
        shutil.rmtree(root)


def apt_sources():
    """(site, release) of Debian 12 that this machine's apt uses."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(ORIGIN)"], capture_output=True, text=True)
    found = dict.fromkeys(tuple(line.split()[:2]) for line in done.stdout.splitlines() if line.endswith(" Debian"))
    return [(site, release) for site, release in found if release.startswith("bookworm")]


def apt_settings():
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
    lines = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout.splitlines()
    return "".join(line + "\n" for line in lines if line.startswith(wanted))
