"""Plants breaches of every rule in a small tree and checks that check_rooms finds each of them."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import check_rooms

SCRIPT = Path(check_rooms.__file__)


class PlantedTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.put("headlens/base/errors.h", "#pragma once\n")
        self.put("headlens/tensor/view.h", '#pragma once\n#include "headlens/base/errors.h"\n')
        self.put("headlens/kernels/dequantize.h", "#pragma once\n")
        self.put("headlens/kernels/gemm.h", '#pragma once\n#include "headlens/tensor/view.h"\n')
        self.put("headlens/attention/patterns.h", "#pragma once\n")
        self.put("headlens/run/session.h", "#pragma once\n#include <vector>\n")
        self.put("headlens/formats/gguf.cpp", '#include "headlens/kernels/dequantize.h"\n')
        self.put("cli/main.cpp", '#include "headlens/attention/patterns.h"\n')
        self.put("tests/tensor/view_test.cpp", "")
        self.put("tests/goldens/readme.txt", "")

    def put(self, path: str, text: str):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def assert_only_breach(self, *parts: str):
        breaches = check_rooms.all_breaches(self.root)
        self.assertEqual(len(breaches), 1, breaches)
        for part in parts:
            self.assertIn(part, breaches[0])

    def test_a_clean_tree_has_none(self):
        self.assertEqual(check_rooms.all_breaches(self.root), [])

    def test_an_empty_tree_is_not_taken_for_a_clean_one(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertIn("no sources", check_rooms.all_breaches(Path(empty))[0])

    def test_an_include_of_a_room_above(self):
        self.put("headlens/base/team.cpp", '#include "headlens/tensor/view.h"\n')
        self.assert_only_breach("headlens/base/team.cpp", "base may not include")

    def test_an_include_with_odd_spaces(self):
        self.put("headlens/base/team.cpp", '  #  include   "headlens/tensor/view.h"\n')
        self.assert_only_breach("base may not include")

    def test_an_include_in_angle_brackets(self):
        self.put("headlens/base/team.cpp", "#include <headlens/tensor/view.h>\n#include <vector>\n")
        self.assert_only_breach("base may not include")

    def test_an_include_of_a_sister(self):
        self.put("headlens/lenses/lens.cpp", '#include "headlens/attention/patterns.h"\n')
        self.assert_only_breach("lenses may not include")

    def test_a_report_that_runs_a_model(self):
        self.put("headlens/reports/page.cpp", '#include "headlens/run/session.h"\n')
        self.assert_only_breach("reports may not include", "base, results, tensor")

    def test_an_allowed_header_does_not_open_its_room(self):
        self.put("headlens/formats/gguf.cpp", '#include "headlens/kernels/gemm.h"\n')
        self.assert_only_breach("formats may not include")

    def test_what_an_allowed_room_may_include_is_allowed(self):
        self.put("headlens/run/session.cpp", '#include "headlens/kernels/gemm.h"\n')
        self.assertEqual(check_rooms.all_breaches(self.root), [])

    def test_a_room_that_includes_the_command_line(self):
        self.put("cli/options.h", "#pragma once\n")
        self.put("headlens/run/session.cpp", '#include "cli/options.h"\n')
        self.assert_only_breach("no room may include cli")

    def test_an_include_that_is_not_a_full_path(self):
        self.put("headlens/tensor/view.cpp", '#include "view.h"\n')
        self.assert_only_breach("not a full path")

    def test_an_include_of_nothing(self):
        self.put("headlens/tensor/view.cpp", '#include "headlens/tensor/absent.h"\n')
        self.assert_only_breach("does not exist")

    def test_an_include_of_what_the_build_makes_is_allowed(self):
        self.put("headlens/tensor/made.h.in", "#pragma once\n")
        self.put("headlens/tensor/view.cpp", '#include "headlens/tensor/made.h"\n')
        self.assertEqual(check_rooms.all_breaches(self.root), [])

    def test_a_room_that_is_not_in_the_table(self):
        self.put("headlens/cellar/wine.cpp", "")
        self.assert_only_breach("no room that the table knows")

    def test_a_cycle_between_files(self):
        self.put("headlens/base/a.h", '#pragma once\n#include "headlens/base/b.h"\n')
        self.put("headlens/base/b.h", '#pragma once\n#include "headlens/base/c.h"\n')
        self.put("headlens/base/c.h", '#pragma once\n#include "headlens/base/a.h"\n')
        self.assert_only_breach("include cycle", "a.h -> headlens/base/b.h -> headlens/base/c.h")

    def test_a_file_that_includes_itself(self):
        self.put("headlens/base/a.h", '#pragma once\n#include "headlens/base/a.h"\n')
        self.assert_only_breach("include cycle")

    def test_an_include_in_a_comment_is_none(self):
        self.put("headlens/base/a.cpp", '/*\n#include "headlens/run/session.h"\n*/\n// #include "x"\n')
        self.assertEqual(check_rooms.all_breaches(self.root), [])

    def test_tests_of_no_room(self):
        self.put("tests/cellar/wine_test.cpp", "")
        self.assert_only_breach("tests/cellar", "mirrors no room")

    def test_a_header_without_pragma_once(self):
        self.put("headlens/base/a.h", "// #pragma once is missing\n")
        self.assert_only_breach("headlens/base/a.h", "#pragma once")

    def test_a_file_that_is_too_long(self):
        self.put("headlens/base/a.cpp", "\n" * check_rooms.LONGEST_FILE)
        self.assertEqual(check_rooms.all_breaches(self.root), [])
        self.put("headlens/base/a.cpp", "\n" * (check_rooms.LONGEST_FILE + 1))
        self.assert_only_breach("401 lines")

    def test_what_others_made_is_left_alone(self):
        self.put("headlens/tokenizers/ffi/target/out.h", "\n" * 1000)
        self.assertEqual(check_rooms.all_breaches(self.root), [])

    def test_the_exit_status_says_it(self):
        run = [sys.executable, str(SCRIPT), str(self.root)]
        self.assertEqual(subprocess.run(run, capture_output=True, check=False).returncode, 0)
        self.put("headlens/base/a.h", "")
        broken = subprocess.run(run, capture_output=True, text=True, check=False)
        self.assertEqual(broken.returncode, 1)
        self.assertIn("headlens/base/a.h", broken.stdout)


class Table(unittest.TestCase):
    def test_depends_in_one_direction_only(self):
        above = set()
        for room, entries in check_rooms.ROOMS.items():
            self.assertLessEqual({entry.split("/")[0] for entry in entries}, above, room)
            above.add(room)

    def test_analyses_never_see_each_other(self):
        for one, other in [("attention", "lenses"), ("lenses", "attention")]:
            self.assertNotIn(other, check_rooms.allowed_rooms(one))

    def test_reports_never_run_a_model(self):
        self.assertEqual(check_rooms.allowed_rooms("reports"),
                         {"reports", "results", "tensor", "base"})


if __name__ == "__main__":
    unittest.main()
