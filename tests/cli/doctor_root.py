# SPDX-License-Identifier: Apache-2.0
"""What `loom doctor` finds that only root can arrange: folders of somebody else, and homes that cannot be
written to."""
import os

import loomtest
import schema

STRANGER = 12345  # a user that the password database does not know


class DoctorRoot(loomtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")

    def tearDown(self):
        # What belongs to others is none of the checks that follow.
        for path, folders, files in os.walk(self.folder):
            for name in folders + files:
                os.chown(os.path.join(path, name), 0, 0, follow_symlinks=False)
        os.chmod(self.home.path, 0o700)

    def doctor(self, status, **more):
        said = self.loom("doctor", status=status, **more)
        self.assertIn("does not work: ", said.out.decode())
        return schema.check_doctor(self, self.loom("doctor", "--json", status=status, **more))

    def test_folders_of_somebody_else(self):
        for name in ("config", "data"):
            home = self.new_home()
            path = getattr(home, name)
            os.makedirs(path, 0o700)
            os.chown(path, STRANGER, STRANGER)
            rows = self.doctor(8, home=home)
            self.assertEqual(rows["file.access"]["status"], "fail")
            self.assertIn("belongs to somebody else", rows["file.access"]["message"])
            self.assertEqual(rows["sign_in.place"]["status"], "fail")
            self.assertEqual(os.stat(path).st_uid, STRANGER)

    def test_a_home_of_somebody_else(self):
        home = self.new_home()
        os.chown(home.path, STRANGER, STRANGER)
        rows = self.doctor(8, home=home)
        self.assertEqual(rows["file.access"]["status"], "fail")
        self.assertIn("sudo", rows["file.access"]["message"])

    def test_a_home_that_cannot_be_written(self):
        os.chown(self.home.path, STRANGER, STRANGER)
        os.chmod(self.home.path, 0o500)
        for path in (self.place, self.folder, self.home.folder):
            os.chmod(path, 0o755)
        rows = self.doctor(8, user=STRANGER, group=STRANGER, extra_groups=[])
        self.assertEqual((rows["file.room"]["status"], rows["file.room"]["data"]["writable"]),
                         ("fail", False))
        self.assertEqual(rows["sign_in.place"]["status"], "fail")


if __name__ == "__main__":
    loomtest.main()
