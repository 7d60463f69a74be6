# SPDX-License-Identifier: Apache-2.0
"""More rights than the caller: what only root can give, is refused (THREATS: MEM-13, ENV-01)."""
import os
import stat
import struct
import subprocess

import loomtest
from hygiene import InProc  # once more as root, who sees all of /proc
from loomtest import LOOM

__all__ = ["HygieneRoot", "InProc"]

STRANGER, OTHER = 12345, 12346
REFUSAL = b"loom: refusing to run with more rights than the caller has.\n"
# struct vfs_cap_data of capability(7): version 2, effective, CAP_DAC_READ_SEARCH permitted.
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 2, 0, 0, 0)


class HygieneRoot(loomtest.Case):
    server_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")

    def copy(self, owner, group, mode):
        copy = os.path.join(self.folder, "loom")
        if os.path.exists(copy):
            os.unlink(copy)
        for folder in (self.place, self.folder):
            os.chmod(folder, 0o711)
        # Not by ourselves: a case beside this one may fork while the file is open for writing.
        subprocess.run(["/bin/cp", LOOM, copy], check=True)
        os.chown(copy, owner, group)
        os.chmod(copy, mode)
        self.assertEqual(stat.S_IMODE(os.stat(copy).st_mode), mode)
        return copy

    def strangers_home(self):
        home = self.new_home()
        for path in (home.folder, home.path, home.tmp):
            os.chown(path, STRANGER, STRANGER)
        return home

    def run_as(self, user, copy, *argv, home=None, **more):
        return self.start(*argv, program=copy, user=user, group=user, extra_groups=[],
                          home=home or self.strangers_home(),
                          env={"ASAN_OPTIONS": None, **more.pop("env", {})}, **more).finish()

    def check_refused(self, user, copy):
        token = self.plant(loomtest.marker("setuid"))
        told = {"LOOM_TOKEN": token, "LOOM_SERVER": self.server.url}
        fields = f"protocol=http\nhost={self.server.host}\n\n".encode()
        for argv, more in ((("--version",), {}), (("login", self.server.url), {}),
                           (("login", self.server.url, "--with-token"),
                            {"stdin": token.encode()}), (("logout",), {}),
                           (("credential-helper", "get"), {"stdin": fields, "env": told})):
            home = self.strangers_home()
            result = self.run_as(user, copy, *argv, home=home, **more)
            self.assertEqual((result.status, result.out, result.err), (2, b"", REFUSAL), result)
            self.assertEqual(home.files(), [])
        self.assertEqual(self.server.requests(), [])

    def test_mem_13_set_user_and_group_id_are_refused(self):
        for user, owner, group, mode in ((STRANGER, 0, 0, 0o4755), (STRANGER, 0, 0, 0o2755),
                                         (STRANGER, OTHER, OTHER, 0o6755), (0, OTHER, OTHER, 0o4755)):
            with self.subTest(user=user, owner=owner, mode=oct(mode)):
                self.check_refused(user, self.copy(owner, group, mode))

    def test_mem_146_without_the_bits_it_runs(self):
        """So the refusal is for the bits; one's own bits give no more than one has."""
        for user, owner, mode in ((STRANGER, 0, 0o755), (STRANGER, STRANGER, 0o6755), (0, 0, 0o4755)):
            result = self.run_as(user, self.copy(owner, owner, mode), "--version")
            self.assertEqual((result.status, result.err), (0, b""), result)

    def test_mem_147_file_capabilities_are_refused(self):
        copy = self.copy(0, 0, 0o755)
        os.setxattr(copy, "security.capability", CAPABILITY)
        self.check_refused(STRANGER, copy)

    def tearDown(self):
        copy = os.path.join(self.folder, "loom")
        if os.path.exists(copy):
            os.unlink(copy)


if __name__ == "__main__":
    loomtest.main()
