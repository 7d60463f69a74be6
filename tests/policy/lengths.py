# SPDX-License-Identifier: Apache-2.0
"""Sizes: functions, their parameters, and files (docs/STYLE.md, "Sizes")."""
import re
import unittest

import house

FUNCTION_MAX = 60
FUNCTION_MOST = 40  # nine of ten
FILE_MAX = 400
PARAMETERS_MAX = 5


class Function:
    def __init__(self, path, name, line, length, parameters):
        self.path, self.name, self.line = path, name, line
        self.length, self.parameters = length, parameters

    def __str__(self):
        return f"{self.path}:{self.line}: {self.name}"


def split_arguments(text):
    depth, parts = 0, [""]
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip() not in ("", "void", "...")]


def last_group(head):
    """The last (...) at the outer level of a declaration, and the name before it."""
    depth, start, found = 0, 0, None
    for at, c in enumerate(head):
        if c == "(":
            if depth == 0:
                start = at
            depth += 1
        elif c == ")":
            depth -= 1
            if depth == 0:
                name = re.search(r"(\w+)\s*$", head[:start])
                if name and name.group(1) != "__attribute__":
                    found = (name.group(1), head[start + 1:at])
    return found


def functions(path, code):
    """The definitions in a C file, by counting braces outside comments, literals and macros."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: "\n" * m.group().count("\n"),
                  house.bare(code), flags=re.MULTILINE | re.DOTALL)
    found, depth, head_at, opened = [], 0, 0, None
    for at, c in enumerate(code):
        if c == "{":
            if depth == 0:
                head = code[head_at:at]
                flat = re.sub(r"\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)", "()", head)
                opened = last_group(head) if "=" not in flat and flat.rstrip().endswith(")") else None
                begin = head_at + len(head) - len(head.lstrip())
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                if opened:
                    line = code.count("\n", 0, begin) + 1
                    length = code.count("\n", begin, at) + 1
                    found.append(Function(path, opened[0], line, length,
                                          len(split_arguments(opened[1]))))
                head_at = at + 1
        elif c == ";" and depth == 0:
            head_at = at + 1
    return found


def check_functions(all_functions):
    complaints = []
    for function in all_functions:
        if function.length > FUNCTION_MAX:
            complaints.append(f"{function}: {function.length} lines, more than {FUNCTION_MAX}")
        if function.parameters > PARAMETERS_MAX:
            complaints.append(f"{function}: {function.parameters} parameters, "
                              f"more than {PARAMETERS_MAX}: make them a struct")
    longer = [function for function in all_functions if function.length > FUNCTION_MOST]
    if len(longer) * 10 > len(all_functions):
        complaints.append(f"{len(longer)} of {len(all_functions)} functions are longer than "
                          f"{FUNCTION_MOST} lines, more than one of ten:")
        complaints += [f"  {function}: {function.length}" for function in longer]
    return complaints


def check_files(files):
    return [f"{path}: {text.count(chr(10))} lines, more than {FILE_MAX}: split it by meaning"
            for path, text in files.items() if text.count("\n") > FILE_MAX]


def law(root, _build):
    files = house.texts(root, "src/**/*.[ch]", "include/**/*.h")
    found = [function for path, text in files.items() for function in functions(path, text)]
    if len(found) < 50:
        return [f"only {len(found)} functions found: this law no longer sees the code"]
    return check_functions(found) + check_files(files)


class SelfTest(unittest.TestCase):
    def parse(self, code):
        return [(f.name, f.line, f.length, f.parameters) for f in functions("x.c", code)]

    def test_definitions_are_found_with_their_lines(self):
        self.assertEqual(self.parse("int a;\n\n/* { */\nstatic int\nf(int b,\n  char c)\n{\n}\n"),
                         [("f", 4, 5, 2)])
        self.assertEqual(self.parse('void f(void) {\n    g("}");\n    { h(\'{\'); }\n}\n'),
                         [("f", 1, 4, 0)])

    def test_attributes_and_function_pointers_do_not_confuse(self):
        self.assertEqual(self.parse("__attribute__((format(printf, 1, 2))) void f(const char *a, ...)"
                                    " {\n}\n"), [("f", 1, 2, 1)])
        self.assertEqual(self.parse("int f(int (*g)(int, int), int a[static 3]) { return 0; }\n"),
                         [("f", 1, 1, 2)])

    def test_data_and_macros_are_no_functions(self):
        self.assertEqual(self.parse("struct a { int b; };\nint t[] = { f(1) };\nenum { A, B };\n"
                                    "#define M(x) \\\n    { x }\nstruct s v = M(1);\n"), [])

    def test_a_function_too_long_is_seen(self):
        long = "int f(void) {\n" + "    a();\n" * (FUNCTION_MAX - 2) + "}\n"
        many = "".join(f"int g{i}(void) {{\n}}\n" for i in range(20))
        self.assertEqual(check_functions(functions("x.c", many + long)), [])
        longer = long.replace("}\n", "    b();\n}\n")
        self.assertEqual(len(check_functions(functions("x.c", many + longer))), 1)

    def test_too_many_long_functions_are_seen(self):
        long = "int f(void) {\n" + "    a();\n" * FUNCTION_MOST + "}\n"
        many = "".join(f"int g{i}(void) {{\n}}\n" for i in range(8))
        self.assertTrue(check_functions(functions("x.c", many + long)))

    def test_six_parameters_are_seen(self):
        code = "int f(int a, int b, int c, int d, int e, int g) {\n}\n"
        self.assertTrue(check_functions(functions("x.c", code)))

    def test_a_file_too_long_is_seen(self):
        self.assertEqual(check_files({"a.c": "\n" * FILE_MAX}), [])
        self.assertTrue(check_files({"a.c": "\n" * (FILE_MAX + 1)}))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
