# SPDX-License-Identifier: Apache-2.0
"""One source: what help, the manual, completions and README say is what the tables of src/cli say.

The tables are read from the sources: options and their letters, values and words; commands; exit
statuses; the variables that are read; the files that are kept. Each document is read by its own rules
and compared, so what is renamed, dropped or added in one place alone is a complaint.
"""
import collections
import copy
import pathlib
import re
import subprocess
import sys
import types
import unittest

import house

Option = collections.namedtuple("Option", "name letter value help")
Command = collections.namedtuple("Command", "name arguments summary options")

# No page of its own: loom(1) has all that there is to say.
WITHOUT_PAGE = ("help",)
# The other name of a page.
LINKS = {"git-credential-loom.1": "loom-credential-helper.1"}
# An older name, of other clients. It is read, the documents tell it, and help has no row for it. Options
# that help does not show have a row without a text: --server-url, an older name as well, and
# --servers, which only the scripts of `loom completion` ask.
OLDER_VARIABLES = ("LOOM_SERVER_URL",)

# Literals in capitals that need no line in a document, and why.
EXEMPT = {
    "no variable": "COMMANDS FDO FILE FILES GET HMAC ID KEY NAME NOTHING POSIX POST SCOPE SECONDS "
                   "SERVERS URL",
    "taken out of the environment, so that it does not count":
        "GNUTLS_DEBUG_LEVEL G_DBUS_DEBUG G_MESSAGES_DEBUG OPENSSL_CONF POSIXLY_CORRECT QLOGDIR "
        "SECRET_SERVICE_BUS_NAME SSLDEBUGFILE SSLKEYLOGFILE",
    "git's own, set or taken away for the git that we run, or told by doctor":
        "GIT_ASKPASS GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_COUNT GIT_CONFIG_GLOBAL "
        "GIT_CONFIG_NOSYSTEM GIT_CONFIG_PARAMETERS GIT_CONFIG_SYSTEM GIT_EXEC_PATH GIT_PREFIX "
        "GIT_SSL_CAINFO GIT_SSL_NO_VERIFY GIT_TRACE GIT_TRACE_SETUP GIT_WORK_TREE SSH_ASKPASS",
    "looked for by doctor, to be left out of its report": "LOGNAME SUDO_USER USER",
}


def words(cell):
    return cell.split()


# ---- The sources ----

STRING = r'"(?:\\.|[^"\\])*"'
ROW = re.compile(r"\{\s*\"([a-z-]+)\",\s*'(\\0|.)',\s*(NULL|" + STRING + r"),\s*"
                 r"(NULL|N_\((?:\s*" + STRING + r")+\)),\s*LOOM_OPTION_AT\((\w+)\)\s*\}")
COMMAND = re.compile(r"const struct loom_command loom_command_(\w+) = \{(.*?)\n\};", re.DOTALL)


def literal(text):
    """The value of a C literal, its pieces joined; NULL is None."""
    pieces = re.findall(STRING, text)
    return None if not pieces else "".join(piece[1:-1] for piece in pieces).replace('\\"', '"')


def read_rows(code):
    rows = [Option(name, None if letter == "\\0" else letter, literal(value), literal(text))
            for name, letter, value, text, _ in ROW.findall(code)]
    if len(rows) != len(re.findall(r"LOOM_OPTION_AT\(\w+\)[ \n]*\}", code)):
        raise SystemExit("an option's row is not written as the others are")
    return rows


def member(body, name):
    found = re.search(rf"\.{name} =\s*((?:N_\()?(?:\s*{STRING})+|\w+)", body)
    return found and (literal(found[1]) if '"' in found[1] else found[1])


def read_commands(sources):
    found = {}
    for path, code in sources.items():
        for symbol, body in COMMAND.findall(code):
            rows = read_rows(code) if member(body, "options") else []
            found[symbol] = Command(member(body, "name"), member(body, "arguments"),
                                    member(body, "summary"), rows)
    order = re.findall(r"&loom_command_(\w+),", sources["src/cli/commands.c"])
    return [found[symbol] for symbol in order]


def read_statuses(sources):
    body = re.search(r"enum loom_exit \{(.*?)\};", sources["src/cli/cli.h"], re.DOTALL)[1]
    return sorted(int(number) for number in re.findall(r"= (-?\d+)", body) if int(number) >= 0)


def read_variables(sources):
    """Every literal in capitals; what is no variable, or needs no document, is in EXEMPT."""
    return {name for path, code in sources.items()
            for name in re.findall(r'"([A-Z][A-Z_]+)"', code)}


def read_files(sources):
    """What is kept below the two folders, the locks of files aside."""
    found = {name for path, code in sources.items() if path.startswith("src/store/")
             for name in re.findall(r'#define \w+ "([a-z]+\.[a-z.]+)"', code)}
    return {name for name in found if name.endswith((".json", ".key"))} | (
        {"lock/"} if '"/lock"' in "".join(sources.values()) else set())


def shown(options):
    return [row for row in options if row.help is not None]


def label(row):
    letter = f"-{row.letter}, " if row.letter else ""
    return f"{letter}--{row.name}" + (f" {row.value}" if row.value else "")


# ---- Help ----


def help_table(page, heading):
    """[(label, text)] of the lines below a heading."""
    rows, inside, long = [], False, None
    for line in page.splitlines():
        if line == heading:
            inside = True
        elif not inside:
            continue
        elif not line.startswith("  "):
            break
        elif line.startswith(" " * 24):
            rows.append((long, line.strip()))
        elif len(line) <= 24 or line[23] != " ":
            long = line.strip()
        else:
            rows.append((line[:24].strip(), line[24:]))
    return rows


def check_help(world):
    complaints = []

    def compare(page, heading, wanted):
        found = help_table(world.help[page], heading)
        if found != wanted:
            odd = set(found) ^ set(wanted) or "another order"
            complaints.append(f"loom help {page}: {heading} {odd}")

    rows = [(label(row), row.help) for row in shown(world.options)]
    compare("", "Commands:", [(command.name, command.summary) for command in world.commands])
    compare("", "Options of every command:", rows)
    told = {name for name, _ in help_table(world.help[""], "Environment:")}
    ours = {name for name in world.variables if name.startswith("LOOM_")} - set(OLDER_VARIABLES)
    complaints += [f"loom help: {name} is told in one place alone" for name in sorted(told ^ ours)]
    for command in world.commands:
        compare(command.name, "Options:", [(label(row), row.help) for row in shown(command.options)])
        compare(command.name, "Options of every command:", rows)
        synopsis = f"    loom {command.name} {command.arguments}".rstrip()
        if world.help[command.name].splitlines()[:1] != [synopsis]:
            complaints.append(f"loom help {command.name}: does not begin with{synopsis}")
    return complaints


# ---- Completions ----


def suggestion(value):
    """What a script is to offer for a value, in one spelling for all."""
    if value is None:
        return None
    if "|" in value:
        return " ".join(value.split("|"))
    return {"URL": "SERVERS", "FILE": "FILES", "COMMAND": "COMMANDS"}.get(value.strip("[]"), "NOTHING")


def read_bash(text):
    """{(command or "", option): suggestion}, {command: suggestion}; None: an option without."""
    options, arguments = {}, {}
    kinds = {tuple(key.split(":--")): kind
             for key, kind in re.findall(r"^ +(\S+:--\S+)\) kind='(.*)' ;;$", text, re.M)}
    names = re.search(r"^    kind='(.*)'\n    case \$1 in\n((?: .*\n)*?)    esac", text, re.M)
    own = [("*", names[1])] + re.findall(r"^ +(\S+)\) kind\+='(.*)' ;;$", text, re.M)
    for command, listed in own:
        for name in words(listed):
            options[command.strip("*"), name[2:]] = kinds.get((command, name[2:]))
    body = text[text.index("_loom_argument()"):text.index("_loom_commands()")]
    for command, kind in re.findall(r"^ +(\S+)\) kind='(.*)' ;;$", body, re.M):
        arguments[command] = kind
    listed = re.search(r"_loom_commands\(\) \{\n    kind='(.*)'", text)[1]
    return options, arguments, words(listed), None


ZSH = {":_loom_servers": "SERVERS", ":_files": "FILES", ":_loom_commands": "COMMANDS", ": ": "NOTHING"}


def zsh_suggestion(action):
    found = re.fullmatch(r":[^:]*(:.*)", action or "")
    return found and (ZSH.get(found[1]) or found[1].strip(":()"))


def read_zsh(text):
    options, arguments, told = {}, {}, {}
    command = ""
    body = text[text.index("_loom_tables()"):text.index("esac")]
    for line in body.replace("'\\''", "’").splitlines():
        command = (re.match(r"    (\S+)\) _loom_own", line) or [None, command])[1]
        option = re.match(r" +'(!?)\*?(-{1,2})([\w-]+)=?(?:\[(.*)\])?(:[^\]]*)?'$", line)
        argument = re.match(r" +'1(:.*)'$", line)
        if option and not option[1] and option[2] == "--":
            options[command, option[3]] = zsh_suggestion(option[5])
            told[command, option[3]] = re.sub(r"\\(.)", r"\1", option[4]).replace("’", "'")
        elif option and not option[1]:
            told[command, "-" + option[3]] = re.sub(r"\\(.)", r"\1", option[4])
        elif argument:
            arguments[command] = zsh_suggestion(argument[1])
    listed = re.search(r"_loom_command_list=\((.*?)\n    \)", body, re.DOTALL)[1]
    return options, arguments, re.findall(r"^ +'([a-z-]+):", listed, re.M), told


FISH = {"(__loom_servers)": "SERVERS", "(__loom_commands)": "COMMANDS"}


def fish_suggestion(how):
    found = re.search(r"-a '(.*?)'", how)
    return ("FILES" if "-F" in how else FISH.get(found[1], found[1]) if found
            else "NOTHING" if "-x" in how else None)


def read_fish(text):
    options, arguments, told = {}, {}, {}
    for command, letter, name, how, about in re.findall(
            r"^complete -c loom(?: -n '__loom_in ([a-z-]+)')?(?: -s (.))? -l (\S+)(.*?) -d '(.*)'$",
            text, re.M):
        options[command, name] = fish_suggestion(how)
        told[command, name] = about.replace("\\'", "'")
        if letter:
            told[command, "-" + letter] = about
    for command, how in re.findall(r"^complete -c loom -n '__loom_at ([a-z-]+)'(.*)$", text, re.M):
        arguments[command] = fish_suggestion(how)
    return options, arguments, re.findall(r"-n __loom_nowhere -a (\S+)", text), told


def check_completions(world):
    complaints = []
    tables = [("", world.options)] + [(c.name, c.options) for c in world.commands]
    options = {(name, row.name): suggestion(row.value) for name, rows in tables for row in shown(rows)}
    told = {(name, row.name): row.help for name, rows in tables for row in shown(rows)}
    told |= {(name, "-" + row.letter): row.help
             for name, rows in tables for row in shown(rows) if row.letter}
    arguments = {c.name: suggestion(c.arguments) for c in world.commands if c.arguments}
    for shell, read in (("bash", read_bash), ("zsh", read_zsh), ("fish", read_fish)):
        found = read(world.completions[shell])
        if found[2] != [command.name for command in world.commands]:
            complaints.append(f"{shell}: other commands: {found[2]}")
        for what, wanted, got in (("option", options, found[0]), ("argument", arguments, found[1]),
                                  ("help", told, found[3])):
            if got is not None:
                complaints += [f"{shell}: another {what}: {odd}"
                               for odd in sorted(set(wanted.items()) ^ set(got.items()), key=str)]
    return complaints


# ---- The manual ----


def plain(line):
    """A line of mdoc as it is read: `.It Fl v , Fl -color Cm a Ns | Ns Cm b` is "-v, --color a|b"."""
    text, glued, flag = "", True, False
    for word in line.split()[1:]:
        if word in ("Fl", "Ar", "Cm", "Ev", "Pa", "Sy", "Dv", "Fn"):
            flag = word == "Fl"
            continue
        if word == "Ns":
            glued = True
            continue
        text += ("" if glued or word in ",.;:" else " ") + ("-" if flag and word != "," else "") + word
        glued = False
    return text


def section(page, name):
    return page.partition(f".Sh {name}\n")[2].partition("\n.Sh ")[0]


def items(page, name):
    return [plain(line) for line in section(page, name).splitlines() if line.startswith(".It ")]


def check_list(where, wanted, found):
    return [f"{where}: {odd} is told in one place alone" for odd in wanted + found
            if (odd in wanted) != (odd in found)] or (
        [f"{where}: another order"] if list(wanted) != list(found) else [])


def check_program_page(world):
    page = world.pages["loom.1"]
    names = [name for line in items(page, "ENVIRONMENT") for name in line.split(", ")]
    named = set(re.findall(r"^\.Ev (\S+)", section(page, "ENVIRONMENT"), re.M)) | set(names)
    files = {pathlib.PurePath(item).name + ("/" if item.endswith("/") else "")
             for item in items(page, "FILES")}
    complaints = check_list("loom.1: options", [label(row) for row in shown(world.options)],
                            items(page, "OPTIONS"))
    complaints += check_list("loom.1: commands", [command.name for command in world.commands],
                             items(page, "DESCRIPTION"))
    complaints += check_list("loom.1: exit statuses", [str(n) for n in world.statuses],
                             items(page, "EXIT STATUS"))
    complaints += [f"loom.1: {name} is read, and not told" for name in sorted(world.variables - named)]
    complaints += [f"loom.1: {name} is told, and not read" for name in sorted(named - world.variables)]
    return complaints + [f"loom.1: {name} is told in one place alone"
                         for name in sorted(files ^ world.files)]


def check_pages(world):
    complaints = check_program_page(world)
    known = {f"loom-{command.name}.1" for command in world.commands if command.name not in WITHOUT_PAGE}
    here = {name for name in world.pages if name.endswith(".1") and name not in ("loom.1", *LINKS)}
    complaints += [f"{name}: a page or a command is missing" for name in sorted(known ^ here)]
    complaints += [f"{link}: is not {target}" for link, target in LINKS.items()
                   if world.pages.get(link) != world.pages.get(target)]
    everything = {row.name for rows in [world.options] + [c.options for c in world.commands]
                  for row in rows} | {row.letter for row in world.options}
    for command in world.commands:
        page = world.pages.get(f"loom-{command.name}.1")
        if page is None:
            continue
        complaints += check_list(f"loom-{command.name}.1: options",
                                 [label(row) for row in shown(command.options)],
                                 items(page, "OPTIONS"))
        synopsis = " ".join(plain(line) if not line.startswith(".Op") else
                            "[" + plain(line) .replace("Ar ", "") + "]"
                            for line in section(page, "SYNOPSIS").splitlines())
        if command.arguments not in synopsis:
            complaints.append(f"loom-{command.name}.1: the synopsis has no {command.arguments}")
    for name, page in world.pages.items():
        for flag in re.findall(r"\bFl (-?[A-Za-z][\w-]*)", page):
            if flag.lstrip("-") not in everything and not set(flag) <= {"v"}:
                complaints.append(f"{name}: there is no option -{flag}")
        for title, number in re.findall(r"^\.Xr ((?:git-credential-)?loom\S*) (\d)", page, re.M):
            if f"{title}.{number}" not in world.pages:
                complaints.append(f"{name}: there is no page {title}({number})")
    return complaints


def check_library_page(world):
    page = world.pages["loom-credentials.3"]
    names = r"\b(?:loom_credentials_\w+|LOOM_CREDENTIALS_\w+)\b"
    declared = set(re.findall(r"\b(loom_credentials_\w+)\(", world.header)) | set(
        re.findall(r"(?m)^ +(LOOM_CREDENTIALS_\w+)(?: =|,|$)", world.header)) | set(
        re.findall(r"(?m)^#define (LOOM_CREDENTIALS_\w+)(?: +\S)", world.header))
    declared -= {"LOOM_CREDENTIALS_H", "LOOM_CREDENTIALS_API", "LOOM_CREDENTIALS_CHECKED"}
    types_ = set(re.findall(r"\b(?:struct|enum) (loom_credentials\w*)", world.header))
    told = set(re.findall(names, page)) - types_
    return [f"loom-credentials.3: {name} is told in one place alone"
            for name in sorted(declared ^ told)]


# ---- README ----


def table(text, *head):
    """As house.table, with \\| in a cell for a bar."""
    rows = house.table(text.replace("\\|", "\0"), *head)
    return [[cell.replace("\0", "|") for cell in row] for row in rows]


def check_readme(world):
    readme = world.readme
    complaints = []
    found = {row[0]: house.quoted(row[2]) for row in table(readme, "command", "what it does")}
    wanted = {f"`loom {c.name} {c.arguments}".rstrip() + "`": [label(row) for row in shown(c.options)]
              for c in world.commands}
    complaints += check_list("README: commands", list(wanted), list(found))
    for name in wanted.keys() & found.keys():
        complaints += check_list(f"README: {name}", wanted[name], found[name])
    complaints += check_list("README: options", [label(row) for row in shown(world.options)],
                             [", ".join(house.quoted(row[0])) for row in
                              table(readme, "option of every command")])
    complaints += check_list("README: exit statuses", [str(n) for n in world.statuses],
                             [row[0] for row in table(readme, "status", "meaning")])
    named = {name for row in table(readme, "variable", "meaning")
             for cell in row for name in house.quoted(cell)
             if re.fullmatch(r"[A-Z][A-Z_]+", name)}
    complaints += [f"README: {name} is read, and not told" for name in sorted(world.variables - named)]
    complaints += [f"README: {name} is told, and not read" for name in sorted(named - world.variables)]
    files = {pathlib.PurePath(path).name + ("/" if path.endswith("/") else "")
             for row in table(readme, "file", "what") for path in house.quoted(row[0])}
    return complaints + [f"README: {name} is told in one place alone"
                         for name in sorted(files ^ world.files)]


COMMAND_LINE = re.compile(r"(?:^    |`)loom((?: [^\s`|]+)+)", re.MULTILINE)


def check_mentions(world):
    """A command line in a document has only options that the command has."""
    own = {c.name: {row.name for row in c.options} for c in world.commands}
    everywhere = {row.name for row in world.options}
    complaints = []
    for path, text in world.documents.items():
        for line in COMMAND_LINE.findall(text):
            command = next((word for word in line.split() if word in own), None)
            for option in re.findall(r"--([a-z][a-z-]+)", line):
                if option not in everywhere | own.get(command, set()):
                    complaints.append(f"{path}: loom {command} has no --{option}")
    return complaints


# ---- All of it ----


def check_same_page(world):
    return [f"loom {name} --help is not loom help {name}" for name, text in world.asked.items()
            if text != world.help[name]]


def check_exempt(world):
    exempt = {name for why, names in EXEMPT.items() if why != "no variable" for name in names.split()}
    return [f"{name} is not in the sources any more" for name in sorted(exempt - world.literals)]


def check(world):
    return [complaint for law_ in (check_help, check_same_page, check_completions, check_pages,
                                   check_library_page, check_readme, check_mentions, check_exempt)
            for complaint in law_(world)]


def read_tables(world):
    """From the sources, again after a change to them."""
    world.options = read_rows(world.sources["src/cli/options.c"])
    world.commands = read_commands(world.sources)
    world.statuses = read_statuses(world.sources)
    world.literals = read_variables(world.sources)
    world.variables = world.literals - {n for names in EXEMPT.values() for n in names.split()}
    world.files = read_files(world.sources)
    return world


def load(root, build):
    def run(*argv):
        return subprocess.run([build / "loom", *argv], env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, timeout=30, check=True).stdout

    world = types.SimpleNamespace(sources=house.texts(root, "src/**/*.[ch]"))
    read_tables(world)
    names = [command.name for command in world.commands]
    world.help = {"": run("help")} | {name: run("help", name) for name in names}
    world.asked = {name: run(name, "--help") for name in names}
    world.completions = {shell: run("completion", shell) for shell in ("bash", "zsh", "fish")}
    world.pages = {path.rpartition("/")[2]: text
                   for path, text in house.texts(root, "docs/man/*.[135]").items()}
    world.header = house.document(root, "include/loom/credentials.h")
    world.documents = house.texts(root, "README.md", "docs/*.md")
    world.readme = world.documents["README.md"]
    return world


def law(root, build):
    return check(load(root, build))


class SelfTest(unittest.TestCase):
    """The real thing, changed in one place."""

    @classmethod
    def setUpClass(cls):
        cls.world = load(*map(pathlib.Path, sys.argv[1:3]))
        cls.before = set(check(cls.world))

    def notices(self, place, key, old, new):
        world = copy.copy(self.world)
        texts = getattr(world, place)
        text = texts if key is None else texts[key]
        self.assertTrue(old in text, (place, key, old))
        changed = text.replace(old, new)
        setattr(world, place, changed if key is None else {**texts, key: changed})
        if place == "sources":
            read_tables(world)
        self.assertTrue(set(check(world)) - self.before, (place, key, old, new))

    def test_an_option_that_is_renamed_in_one_place(self):
        for place, key in (("sources", "src/cli/status.c"), ("help", "status"), ("asked", "status"),
                           ("completions", "bash"), ("completions", "zsh"), ("completions", "fish"),
                           ("pages", "loom-status.1"), ("readme", None)):
            self.notices(place, key, "offline", "off-line")

    def test_a_letter_a_value_a_word(self):
        for place, key, old, new in (
                ("sources", "src/cli/options.c", "'q'", "'Q'"), ("help", "", "-q,", "-Q,"),
                ("help", "login", "-q,", "-Q,"), ("completions", "zsh", "'*-q[", "'*-Q["),
                ("completions", "fish", "-s q", "-s Q"), ("pages", "loom.1", ".It Fl q ", ".It Fl Q "),
                ("readme", None, "`-q`", "`-Q`"),
                ("sources", "src/cli/options.c", '"FILE"', '"PATH"'),
                ("help", "", "--cacert FILE", "--cacert PATH"),
                ("completions", "bash", "--cacert) kind='FILES'", "--cacert) kind='NOTHING'"),
                ("pages", "loom.1", "cacert Ar FILE", "cacert Ar PATH"),
                ("readme", None, "`--cacert FILE` |", "`--cacert PATH` |"),
                ("sources", "src/cli/token.c", "raw|header|json", "raw|header"),
                ("completions", "bash", "raw header json", "raw header"),
                ("completions", "zsh", "raw header json", "raw header"),
                ("completions", "fish", "raw header json", "raw header"),
                ("pages", "loom-token.1", "Ns | Ns Cm json", ""),
                ("readme", None, "raw\\|header\\|json", "raw\\|header")):
            self.notices(place, key, old, new)

    def test_a_help_text_that_is_another(self):
        self.notices("sources", "src/cli/status.c", "do not ask the servers", "ask nobody")
        for key in ("zsh", "fish"):
            self.notices("completions", key, "do not ask the servers", "ask nobody")

    def test_a_command_that_is_in_one_place_alone(self):
        for place, key, old, new in (
                ("sources", "src/cli/commands.c", "    &loom_command_status,\n", ""),
                ("help", "", "  status ", "  state  "),
                ("completions", "bash", " status ", " state "),
                ("completions", "zsh", "'status:", "'state:"),
                ("completions", "fish", "__loom_nowhere -a status", "__loom_nowhere -a state"),
                ("pages", "loom.1", ".It Cm status", ".It Cm state"),
                ("readme", None, "| `loom status [URL]`", "| `loom state [URL]`")):
            self.notices(place, key, old, new)
        world = copy.copy(self.world)
        world.pages = {name: text for name, text in world.pages.items() if name != "loom-status.1"}
        self.assertTrue(set(check(world)) - self.before)

    def test_variables_statuses_files(self):
        for place, key, old, new in (
                ("sources", "src/cli/environment.c", '"LOOM_STORE"', '"LOOM_KEPT"'),
                ("sources", "src/cli/environment.c", '"CI"', '"CIRCUS"'),
                ("pages", "loom.1", ".It Ev CI", ".It Ev CIRCUS"),
                ("pages", "loom.1", "LOOM_STORE", "LOOM_KEPT"), ("help", "", "LOOM_STORE", "LOOM_KEPT"),
                ("readme", None, "| `LOOM_STORE` |", "| `LOOM_KEPT` |"),
                ("sources", "src/cli/cli.h", "LOOM_EXIT_PARTIAL = 10", "LOOM_EXIT_PARTIAL = 11"),
                ("pages", "loom.1", ".It 10", ".It 11"), ("readme", None, "| 10 |", "| 11 |"),
                ("sources", "src/store/refused.c", '"refused.json"', '"denied.json"'),
                ("pages", "loom.1", "refused.json", "denied.json"),
                ("readme", None, "refused.json`", "denied.json`")):
            self.notices(place, key, old, new)

    def test_what_is_mentioned_and_not_there(self):
        for place, key, old, new in (
                ("pages", "loom-setup-git.1", "Fl -cacert", "Fl -ca-cert"),
                ("pages", "loom-login.1", ".It Fl -store", ".It Fl -place"),
                ("pages", "loom-login.1", "Xr loom-logout 1", "Xr loom-leave 1"),
                ("pages", "loom-vault.5", "Fl -discard-damaged", "Fl -discard"),
                ("pages", "loom-credentials.3", "loom_credentials_refuse", "loom_credentials_reject"),
                ("pages", "loom-credentials.3", "LOOM_CREDENTIALS_TLS", "LOOM_CREDENTIALS_SSL")):
            self.notices(place, key, old, new)
        world = copy.copy(self.world)
        world.documents = {"docs/A.md": "Run `loom status --all`, or\n\n    loom login --frob\n"}
        self.assertEqual(len(check_mentions(world)), 2)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
