# SPDX-License-Identifier: Apache-2.0
"""with_keyring.py gnome|keepassxc|kwallet COMMAND...: run it with that keyring on a bus of its own."""
import os
import subprocess
import sys
import tempfile

import keyrings
import servers

STARTS = {"gnome": keyrings.Desk.start_gnome_keyring, "keepassxc": keyrings.Desk.start_keepassxc,
          "kwallet": keyrings.Desk.start_kwallet}


def run(name, command):
    with tempfile.TemporaryDirectory(prefix="loom-keyring-") as folder:
        desk = keyrings.Desk(folder)
        try:
            desk.start_bus()
            STARTS[name](desk)
            environment = servers.clean_environment(HOME=desk.home, TMPDIR=os.path.join(folder, "t"),
                                                    **keyrings.without_systemd(folder),
                                                    **desk.environment)
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            desk.stop()


sys.exit(run(sys.argv[1], sys.argv[2:]))
