# SPDX-License-Identifier: Apache-2.0
"""No command is forgotten: each one of `loom help` has a row in the table of faults."""
import re

import fault_world
import loomtest


class Table(loomtest.Case):
    def test_mem_100_every_command_has_a_row(self):
        text = self.loom("help").out.decode()
        listed = re.findall(r"^  ([a-z][a-z-]*) ", text.partition("\n\nOptions")[0], re.M)
        self.assertGreaterEqual(len(listed), 4, text)
        known = {row.argv[0] for row in fault_world.ROWS}
        self.assertEqual([name for name in listed if name not in known], [])

    def test_mem_100_rows_have_names_of_their_own(self):
        names = [row.name for row in fault_world.ROWS]
        self.assertEqual(len(set(names)), len(names))


if __name__ == "__main__":
    loomtest.main()
