"""fault.py - what the fault tests share: the control of the preloaded library (tests/lib/fault.c), and a server with it."""
import errno
import glob
import mmap
import os
import struct
import subprocess
import tempfile

KINDS = ("write", "sync", "rename", "create", "open", "truncate", "close", "map", "unlink", "mkdir", "read")
SHORT = 0                               # instead of an errno: a write takes half of what it is given
FOREVER = 0xFFFFFFFF
LAYOUT = struct.Struct("<IiIIII32s64s")
COUNT, SEEN = 12, 16                    # where these fields are


class Faults:
    """One control file; programs started with env() look at it."""

    def __init__(self, build):
        self.library = os.path.abspath(os.path.join(build, "tests", "libfault.so"))
        if not os.path.exists(self.library):
            raise SystemExit("Bail out! %s is missing: make fault" % self.library)
        fd, self.path = tempfile.mkstemp(prefix="pyro-fault-")
        os.ftruncate(fd, LAYOUT.size)
        self.map = mmap.mmap(fd, LAYOUT.size)
        os.close(fd)

    def env(self):
        out = dict(os.environ, LD_PRELOAD=self.library, FAULT_CONTROL=self.path)
        # The sanitizer's library does not come first then; its replacements of calls are found all the same.
        out["ASAN_OPTIONS"] = out.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return out

    def arm(self, kind, error, first=1, count=FOREVER, program="", path=""):
        """The calls first .. first+count-1 of this kind fail from now on."""
        self.disarm()
        self.map[:LAYOUT.size] = LAYOUT.pack(1 << KINDS.index(kind), error, first, 0, 0, 0, program.encode(),
                                             path.encode())
        self.map[COUNT:COUNT + 4] = struct.pack("<I", count)

    def disarm(self):
        """Returns how many calls counted and how many failed."""
        self.map[COUNT:COUNT + 4] = struct.pack("<I", 0)
        return self.counts()

    def counts(self):
        return struct.unpack("<II", self.map[SEEN:SEEN + 8])

    def close(self):
        self.map.close()
        os.unlink(self.path)


def text_of(error):
    return os.strerror(error) if error else "short"


def name_of(error):
    return errno.errorcode[error] if error else "short"


def run(build, program, args, stdin=b"", env=None, stdout=subprocess.PIPE, timeout=120):
    """Exit status, output and messages of one program."""
    p = subprocess.run([os.path.join(build, program), *args], input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                       env=env, timeout=timeout)
    return p.returncode, p.stdout, p.stderr.decode(errors="replace")


def tree(folder):
    """Path -> bytes of all regular files below a folder; folders end in a slash."""
    out = {}
    for path in glob.glob("**", root_dir=folder, recursive=True, include_hidden=True):
        whole = os.path.join(folder, path)
        if os.path.isdir(whole):
            out[path.rstrip("/") + "/"] = b""
        elif os.path.isfile(whole):
            with open(whole, "rb") as f:
                out[path] = f.read()
    return out
