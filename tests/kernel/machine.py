"""A whole Linux of our own for tests that need what the machine's kernel may lack, such as ESP: Debian's
user-mode-linux on this machine's file system, which it sees but cannot write to.

    Machine("name").run("commands of a shell", seconds=120)

boots it, runs the commands as its root, shows each line they print as it comes, and gives their exit status. What they
leave in $OUT is afterwards in Machine.out. Needs no root here.
"""
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build" / "release"))
LINUX = "linux.uml"
MODULES = pathlib.Path("/usr/lib/uml/modules")
BEGUN = "machine begins"
ENDED = "machine ended with status "

PROLOGUE = """#!/bin/sh
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin HOME=/run LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/src /run/out /run/modules/lib/modules
mount --bind {root} /run/src
mount -t tmpfs -o mode=1777 tmpfs /tmp
if [ ! -d {root}/tests ]; then mkdir -p {root} && mount --bind /run/src {root}; fi
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t hostfs none /run/out -o {out}
export OUT=/run/out BUILD_DIR={build} ROOT={root}
# Modules lie where the package put them: nothing is written below /lib/modules, and the kernel loads by itself too.
ln -s {modules}/$(uname -r) /run/modules/lib/modules/$(uname -r)
printf '#!/bin/sh\\nexec /sbin/modprobe -d /run/modules "$@"\\n' >/run/modprobe
chmod 755 /run/modprobe
ip link set lo up
cd {root}
"""
LOAD_BY_ITSELF = "echo /run/modprobe >/proc/sys/kernel/modprobe\nfor m in ipv6 af_packet; do /run/modprobe -q $m; done\n"


def why_not():
    """What is missing to boot one, or None."""
    if not shutil.which(LINUX):
        return "Debian's package user-mode-linux, which there is for amd64 only, is not installed"
    if not any(MODULES.glob("*/modules.dep")):
        return f"no modules below {MODULES}: the package user-mode-linux was not set up"
    for program, package in (("ip", "iproute2"), ("modprobe", "kmod"), ("busybox", "busybox-static")):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"Debian's package {package} is not installed"
    return None


class Machine:
    def __init__(self, name, memory="512M"):
        self.directory = ROOT / "build" / "kernel" / name
        self.out = self.directory / "out"
        self.memory = memory
        self.log = self.directory / "console.log"

    def run(self, commands, seconds, show=lambda line: print(line, flush=True), load_by_itself=True):
        """The commands' exit status; None if they did not come to their end in time, or the kernel stopped."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.out.mkdir(parents=True)
        init = self.directory / "init"
        words = {name: shlex.quote(str(path)) for name, path in
                 (("root", ROOT), ("build", BUILD), ("out", self.out), ("modules", MODULES))}
        (self.directory / "commands").write_text(commands)
        init.write_text(PROLOGUE.format(**words) + (LOAD_BY_ITSELF if load_by_itself else "") +
                        f'echo "{BEGUN}"\n'
                        f"bash {shlex.quote(str(self.directory / 'commands'))} </dev/null 2>&1\n"
                        f'echo "{ENDED}$?"\nsync\nexec busybox poweroff -f\n')
        init.chmod(0o755)
        arguments = [LINUX, f"mem={self.memory}", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}", "con=null", "con0=fd:0,fd:1",
                     "quiet", f"uml_dir={self.directory}/", "umid=machine"]
        status, begun = None, False
        with open(self.log, "w") as log:
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                                       text=True, errors="replace")
            # Its processes are one group: none of them outlives the time.
            watch = threading.Timer(seconds, lambda: os.killpg(process.pid, signal.SIGKILL))
            watch.start()
            began = time.monotonic()
            try:
                for line in process.stdout:
                    line = line.rstrip("\r\n")
                    log.write(line + "\n")
                    log.flush()
                    if line == BEGUN:
                        begun = True
                    elif line.startswith(ENDED):
                        status, begun = int(line[len(ENDED):]), False
                    elif begun:
                        show(line)
                process.wait()
            finally:
                watch.cancel()
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        self.seconds = time.monotonic() - began
        return status
