# SPDX-License-Identifier: BSD-2-Clause
"""
Writers for the output files of sim/tools/coverage, and the check that the files agree.

A report is about one driver: `driver` (its path, relative to the top of the repository if
below it), `functions` (names, in source order), `source` (all lines) and `lines` (of class
Line).  Code that cannot be reached is not counted in any file.
"""
import html
import html.parser
import os
import re
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree

# The Cobertura format (coverage-04).  A method's attributes differ between its editions; we
# write none.
COBERTURA = """
<!ELEMENT coverage (sources, packages)>
<!ATTLIST coverage line-rate CDATA #REQUIRED branch-rate CDATA #REQUIRED
    lines-covered CDATA #REQUIRED lines-valid CDATA #REQUIRED branches-covered CDATA #REQUIRED
    branches-valid CDATA #REQUIRED complexity CDATA #REQUIRED version CDATA #REQUIRED
    timestamp CDATA #REQUIRED>
<!ELEMENT sources (source*)>
<!ELEMENT source (#PCDATA)>
<!ELEMENT packages (package*)>
<!ELEMENT package (classes)>
<!ATTLIST package name CDATA #REQUIRED line-rate CDATA #REQUIRED branch-rate CDATA #REQUIRED
    complexity CDATA #REQUIRED>
<!ELEMENT classes (class*)>
<!ELEMENT class (methods, lines)>
<!ATTLIST class name CDATA #REQUIRED filename CDATA #REQUIRED line-rate CDATA #REQUIRED
    branch-rate CDATA #REQUIRED complexity CDATA #REQUIRED>
<!ELEMENT methods EMPTY>
<!ELEMENT lines (line*)>
<!ELEMENT line (conditions*)>
<!ATTLIST line number CDATA #REQUIRED hits CDATA #REQUIRED branch CDATA "false"
    condition-coverage CDATA #IMPLIED>
<!ELEMENT conditions (condition*)>
<!ELEMENT condition EMPTY>
<!ATTLIST condition number CDATA #REQUIRED type CDATA #REQUIRED coverage CDATA #REQUIRED>
"""
NAMED = 20                      # scenarios at a line
STYLE = """
body { font-family: sans-serif; margin: 1em; color: #111; background: #fff; }
table { border-collapse: collapse; margin-bottom: 1.5em; }
th, td { padding: 1px 8px; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.source td { font-family: monospace; white-space: pre; }
.source td.why { white-space: normal; font-family: sans-serif; font-size: 90%; }
tr.reached { background: #e3f3e3; }
tr.missed { background: #f6c9c4; }
tr.partly { background: #fdeec2; }
tr.unreachable { background: #e4e4ec; color: #555; }
"""


def total(pairs):
    pairs = list(pairs)
    return sum(p[0] for p in pairs), sum(p[1] for p in pairs)


def percent(pair):
    return 100.0 * pair[0] / pair[1] if pair[1] else 100.0


class Line:
    """One line of code with what was reached of it."""

    def __init__(self, function, number, text):
        self.function, self.number, self.text = function, number, text
        self.count = 0
        self.taken = []                 # how often each branch was
        self.by = {}                    # the same of each scenario that reaches it
        self.line_excused = self.branch_excused = False
        self.why = None                 # it is excused

    def add(self, scenario, count, taken):
        """What one more scenario reaches."""
        self.count += count
        self.taken = [a + b for a, b in zip(self.taken or [0] * len(taken), taken)]
        if count > 0:
            self.by[scenario] = count, taken

    def wants_excuse(self, kind):
        if kind == "line":
            return self.count == 0
        return self.count > 0 and self.taken.count(0) == int(kind.split()[0])

    def lines(self):
        """(reached, all) of what counts."""
        return (0, 0) if self.line_excused else (int(self.count > 0), 1)

    def branches(self):
        if self.line_excused:
            return 0, 0
        counted = self.counted_branches()
        return sum(1 for n in counted if n > 0), len(counted)

    def counted_branches(self, scenario=None):
        """How often each branch was taken that can be, by all or by one scenario."""
        taken = self.by[scenario][1] if scenario in self.by else \
            self.taken if scenario is None else [0] * len(self.taken)
        return [n for n, all_ in zip(taken, self.taken) if all_ > 0 or not self.branch_excused]


class Report:
    """One driver and what was reached of it."""

    def __init__(self, driver, functions, source, lines, scenarios):
        self.driver, self.functions = driver, functions
        self.source, self.lines = source, lines
        self.scenarios = scenarios      # {name: summary} of those that reach anything

    def of(self, function):
        return [l for l in self.lines if l.function == function]

    def counted(self):
        """The lines that can be reached."""
        return [l for l in self.lines if not l.line_excused]

    def counted_functions(self):
        """(function, first line) of those that can be reached."""
        for function in self.functions:
            mine = [l for l in self.of(function) if not l.line_excused]
            if mine:
                yield function, mine[0]

    def alone(self):
        """(scenario, line, branch or None) of what one scenario alone reaches."""
        for line in self.lines:
            if len(line.by) == 1:
                yield next(iter(line.by)), line, None
                continue
            for branch in range(len(line.taken)):
                names = [name for name, (_, taken) in line.by.items() if taken[branch] > 0]
                if len(names) == 1:
                    yield names[0], line, branch

    def totals(self):
        return {"lines": total(l.lines() for l in self.lines),
                "branches": total(l.branches() for l in self.lines)}

    def by_line(self):
        """{line: (was it reached, branches reached, branches that can be)}"""
        return {l.number: (l.count > 0,) + l.branches() for l in self.counted()}


# ---- summary ----

ALL = "all that can be reached"


def row(name, lines, branches):
    return "%-32s %5d of %-5d %6.1f %%  %5d of %-5d %6.1f %%" % (
        name, lines[0], lines[1], percent(lines), branches[0], branches[1],
        percent(branches))


def summary(report):
    lines = report.lines
    text = ["%-32s %23s  %23s" % (report.driver, "lines", "branches")]
    for function in report.functions:
        mine = report.of(function)
        text.append(row(function, total(l.lines() for l in mine),
                        total(l.branches() for l in mine)))
    text.append(row(ALL, report.totals()["lines"], report.totals()["branches"]))
    text.append(row("all", total((int(l.count > 0), 1) for l in lines),
                    total((sum(1 for n in l.taken if n > 0), len(l.taken)) for l in lines)))
    for line in lines:
        said = remark(line)
        if said:
            text.append("%s:%d: %s: %s: %s" % (report.driver, line.number, line.function, said,
                                               line.text))
    return "\n".join(text) + "\n"


def remark(line):
    """What is to be said of a line that is not reached in all ways, or None."""
    why = " (%s)" % line.why if line.why else ""
    if line.count == 0:
        return "line cannot be reached" + why if line.line_excused else "line not reached"
    if 0 not in line.taken:
        return None
    return "%d of %d branches %s" % (
        line.taken.count(0), len(line.taken),
        "cannot be taken" + why if line.branch_excused else "not taken")


def read_summary(text):
    found = re.search(r"(?m)^%s +(\d+) of (\d+) .*? (\d+) of (\d+) " % re.escape(ALL), text)
    numbers = [int(n) for n in found.groups()] if found else [-1] * 4
    return {"lines": tuple(numbers[:2]), "branches": tuple(numbers[2:])}, None


# ---- what one scenario alone reaches ----

def alone(report):
    text, last = "", None
    for scenario, line, branch in sorted(report.alone(), key=lambda one: (one[0], one[1].number)):
        text += scenario + "\n" if scenario != last else ""
        text += "    %s:%d: %s: %s%s\n" % (
            report.driver, line.number, line.function, line.text,
            "" if branch is None else " (branch %d of %d)" % (branch + 1, len(line.taken)))
        last = scenario
    return text


# ---- lcov ----

def lcov(report):
    """A trace file of lcov, as genhtml reads it: a test for each scenario."""
    return "".join(lcov_test(report, scenario) for scenario in report.scenarios)


def test_name(scenario):
    return re.sub(r"\W", "_", scenario)


def lcov_test(report, scenario):
    counts = {line.number: line.by.get(scenario, (0,))[0] for line in report.counted()}
    branches = [(line.number, i, n if counts[line.number] else "-") for line in report.counted()
                for i, n in enumerate(line.counted_branches(scenario))]
    functions = [(line.number, name, counts[line.number])
                 for name, line in report.counted_functions()]
    out = ["TN:" + test_name(scenario), "SF:" + report.driver]
    out += ["FN:%d,%s" % (number, name) for number, name, _ in functions]
    out += ["FNDA:%d,%s" % (count, name) for _, name, count in functions]
    out += ["FNF:%d" % len(functions), "FNH:%d" % sum(f[2] > 0 for f in functions)]
    out += ["BRDA:%d,0,%d,%s" % branch for branch in branches]
    out += ["BRF:%d" % len(branches), "BRH:%d" % sum(b[2] not in (0, "-") for b in branches)]
    out += ["DA:%d,%d" % one for one in counts.items()]
    out += ["LF:%d" % len(counts), "LH:%d" % sum(n > 0 for n in counts.values()),
            "end_of_record"]
    return "\n".join(out) + "\n"


def read_lcov(text):
    """All tests together; the totals that each gives must be those of its lines."""
    taken, counts, good = {}, {}, True
    for record in text.split("end_of_record\n")[:-1]:
        pairs = re.findall(r"(?m)^(\w+):(.*)$", record)
        said = dict(pairs)
        lines = {int(v.split(",")[0]): int(v.split(",")[1]) for k, v in pairs if k == "DA"}
        branches = {tuple(v.split(",")[:3]): v.split(",")[3] for k, v in pairs if k == "BRDA"}
        hit = {key: n not in ("0", "-") for key, n in branches.items()}
        good &= [said.get(k) for k in ("LF", "LH", "BRF", "BRH")] == [str(n) for n in (
            len(lines), sum(n > 0 for n in lines.values()), len(hit), sum(hit.values()))]
        for number, count in lines.items():
            counts[number] = counts.get(number, 0) + count
        for key, was in hit.items():
            taken[key] = taken.get(key, False) or was
    found = {number: [count > 0, 0, 0] for number, count in counts.items()}
    for (number, _, _), was in taken.items():
        found.setdefault(int(number), [False, 0, 0])[1] += was
        found[int(number)][2] += 1
    totals = {"lines": (sum(l[0] for l in found.values()), len(found)),
              "branches": (sum(taken.values()), len(taken))}
    return totals if good else {"lines": (-1, -1), "branches": (-1, -1)}, found


def descriptions(report):
    """What the tests are, as genhtml wants it."""
    return "".join("TN: %s\nTD: %s: %s\n" % (test_name(name), name, html.escape(what))
                   for name, what in report.scenarios.items())


def remarks(report):
    """{line: remark} of the lines that are not reached in all ways."""
    return {line.number: remark(line) for line in report.lines if remark(line)}


def annotated(report):
    """The source with these remarks."""
    said = remarks(report)
    return "".join("%s%s\n" % (text, "   /* %s */" % said[number] if number in said else "")
                   for number, text in enumerate(report.source, 1))


def to_be_shown(report):
    """What a reader of genhtml's pages must find; a file elsewhere is shown as it is."""
    said = [] if os.path.isabs(report.driver) else list(remarks(report).values())
    return [test_name(name) for name in report.scenarios] + said


# ---- Cobertura ----

def rates(lines):
    pairs = total(l.lines() for l in lines), total(l.branches() for l in lines)
    return {"line-rate": "%.4f" % (percent(pairs[0]) / 100),
            "branch-rate": "%.4f" % (percent(pairs[1]) / 100), "complexity": "0"}


def cobertura(report):
    totals = report.totals()
    root = ElementTree.Element("coverage", dict(
        rates(report.lines), version="viosim",
        timestamp=os.environ.get("SOURCE_DATE_EPOCH", str(int(time.time()))),
        **{"lines-covered": str(totals["lines"][0]), "lines-valid": str(totals["lines"][1]),
           "branches-covered": str(totals["branches"][0]),
           "branches-valid": str(totals["branches"][1])}))
    inside = not os.path.isabs(report.driver)
    folder, name = os.path.split(report.driver)
    sources = ElementTree.SubElement(root, "sources")
    ElementTree.SubElement(sources, "source").text = "." if inside else folder
    packages = ElementTree.SubElement(root, "packages")
    package = ElementTree.SubElement(packages, "package", dict(
        rates(report.lines), name=folder if inside else name))
    one = ElementTree.SubElement(ElementTree.SubElement(package, "classes"), "class", dict(
        rates(report.lines), name=name, filename=report.driver if inside else name))
    ElementTree.SubElement(one, "methods")
    lines = ElementTree.SubElement(one, "lines")
    for line in report.counted():
        add_line(lines, line)
    ElementTree.indent(root, "")
    return "<?xml version='1.0' encoding='UTF-8'?>\n%s\n" % \
        ElementTree.tostring(root, encoding="unicode")


def add_line(lines, line):
    reached, of = line.branches()
    element = ElementTree.SubElement(lines, "line", number=str(line.number),
                                     hits=str(line.count), branch="false")
    if not of:
        return
    rate = "%d%%" % (100 * reached // of)
    element.set("branch", "true")
    element.set("condition-coverage", "%s (%d/%d)" % (rate, reached, of))
    conditions = ElementTree.SubElement(element, "conditions")
    ElementTree.SubElement(conditions, "condition", number="0", type="jump", coverage=rate)


def read_cobertura(text):
    root = ElementTree.fromstring(text.encode("utf-8"))
    lines = {}
    for element in root.iter("line"):
        found = re.search(r"\((\d+)/(\d+)\)", element.get("condition-coverage", "(0/0)"))
        lines[int(element.get("number"))] = [int(element.get("hits")) > 0] + \
            [int(n) for n in found.groups()]
    totals = {what: tuple(int(root.get(what + "-" + word, -1)) for word in ("covered", "valid"))
              for what in ("lines", "branches")}
    return totals, lines


class NoConsumer(Exception):
    """A program that reads a file of ours is missing."""


def invalid(text, top):
    """What in a Cobertura file is not of its format, or does not lead to the source."""
    with tempfile.NamedTemporaryFile("w", suffix=".dtd", encoding="utf-8") as format_:
        format_.write(COBERTURA)
        format_.flush()
        try:
            done = subprocess.run(["xmllint", "--noout", "--dtdvalid", format_.name, "-"],
                                  input=text, encoding="utf-8", stderr=subprocess.PIPE,
                                  check=False)
        except FileNotFoundError:
            raise NoConsumer("xmllint is not installed: make deps") from None
    if done.returncode != 0:
        yield "is not valid: " + done.stderr.split("\n")[0]
        return
    root = ElementTree.fromstring(text.encode("utf-8"))
    places = [os.path.join(top, s.text or "", c.get("filename", ""))
              for s in root.iter("source") for c in root.iter("class")]
    if not places or not all(os.path.isfile(place) for place in places):
        yield "does not name the source: %s" % ", ".join(places)


# ---- HTML ----

def cells(kind, *values):
    return "".join("<%s>%s</%s>" % (kind, html.escape(str(v)), kind.split()[0]) for v in values)


def numbers(pair):
    return cells('td class="n"', "%d" % pair[0], "%d" % pair[1], "%.1f %%" % percent(pair))


def page(report):
    """One page: totals, functions, and the text with what was reached of each line."""
    title = html.escape("Coverage of " + report.driver)
    out = ['<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>%s</title>'
           "<style>%s</style></head><body>" % (title, STYLE), "<h1>%s</h1>" % title,
           "<p>What cannot be reached, with its reason beside it, counts nowhere.</p>",
           '<table class="totals"><tr>%s</tr>' % cells("th", "", "reached", "of", "")]
    for what, pair in report.totals().items():
        out.append('<tr id="%s">%s%s</tr>' % (what, cells("td", what), numbers(pair)))
    out.append('</table>\n<table class="functions"><tr>%s</tr>' % cells(
        "th", "function", "lines", "of", "", "branches", "of", ""))
    for function in report.functions:
        mine = report.of(function)
        out.append('<tr><td><a href="#L%d">%s</a></td>%s%s</tr>' % (
            mine[0].number if mine else 1, html.escape(function),
            numbers(total(l.lines() for l in mine)), numbers(total(l.branches() for l in mine))))
    out.append('</table>\n<table class="source"><tr>%s</tr>' % cells(
        "th", "line", "times", "scenarios", "branches", "text", ""))
    by_number = {line.number: line for line in report.lines}
    out += [source_row(number, text, by_number.get(number))
            for number, text in enumerate(report.source, 1)]
    return "\n".join(out) + "\n</table></body></html>\n"


def source_row(number, text, line):
    kind, times, branches, said, by = "", "", "", "", ""
    if line is not None:
        reached, of = line.branches()
        kind = "unreachable" if line.line_excused else "missed" if line.count == 0 else \
            "partly" if reached < of else "reached"
        times = "" if line.line_excused else line.count
        branches = "%d/%d" % (reached, of) if of else ""
        said = remark(line) or ("only %s" % next(iter(line.by)) if len(line.by) == 1 else "")
        by = len(line.by) or ""
    return '<tr id="L%d" class="%s">%s<td class="n" title="%s">%s</td>%s%s%s</tr>' % (
        number, kind, cells('td class="n"', number, times), named(line), by,
        cells('td class="n"', branches), cells("td", text.expandtabs(8)),
        cells('td class="why"', said))


def named(line):
    """Some of the scenarios that reach a line."""
    names = list(line.by) if line else []
    return html.escape("\n".join(names[:NAMED] + (
        ["and %d more" % (len(names) - NAMED)] if len(names) > NAMED else [])))


class PageReader(html.parser.HTMLParser):
    """The rows that have an id, as lists of what stands in their cells."""

    def __init__(self):
        super().__init__()
        self.rows, self.row = {}, None

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.row = self.rows.setdefault(dict(attrs).get("id"), [dict(attrs).get("class")])
        elif tag == "td":
            self.row.append("")

    def handle_data(self, data):
        if self.row and len(self.row) > 1:
            self.row[-1] += data


def read_page(text):
    reader = PageReader()
    reader.feed(text)
    lines = {}
    for name, (kind, *values) in ((n, r) for n, r in reader.rows.items() if n):
        if name.startswith("L") and kind not in ("", "unreachable"):
            pair = [int(n) for n in values[3].split("/")] if values[3] else [0, 0]
            lines[int(name[1:])] = [int(values[1]) > 0] + pair
    totals = {what: tuple(int(n) for n in reader.rows.get(what, [0, 0, -1, -1])[2:4])
              for what in ("lines", "branches")}
    return totals, lines


# ---- all of them ----

# File: (how it is written, how it is read).
FILES = {
    "summary.txt": (summary, read_summary),
    "index.html": (page, read_page),
    "alone.txt": (alone, None),
    "lcov.info": (lcov, read_lcov),
    "tests.desc": (descriptions, None),
    "cobertura.xml": (cobertura, read_cobertura),
}


def write(report, into):
    os.makedirs(into, exist_ok=True)
    for name, (make, _) in FILES.items():
        new = os.path.join(into, "%s.new.%d" % (name, os.getpid()))
        with open(new, "w", encoding="utf-8") as file:
            file.write(make(report))
        os.replace(new, os.path.join(into, name))


def check(report, into, top):
    """What the files in a folder, read again, do not say as the report has it."""
    texts = {}
    for name in FILES:
        with open(os.path.join(into, name), encoding="utf-8") as file:
            texts[name] = file.read()
    yield from disagreements(report, texts, top)


def disagreements(report, texts, top):
    wanted = {number: list(line) for number, line in report.by_line().items()}
    for name, (_, read) in FILES.items():
        if read is None:
            continue
        totals, lines = read(texts[name])
        for what, pair in report.totals().items():
            if totals[what] != pair:
                yield "%s says %s of %s %s, not %d of %d" % (
                    (name,) + totals[what] + (what,) + pair)
        if lines is None:
            continue
        for number in sorted(set(wanted) | set(lines)):
            if wanted.get(number) != lines.get(number):
                yield "%s says of line %d %s, not %s" % (
                    name, number, lines.get(number), wanted.get(number))
    yield from disagreements_of_tests(report, texts)
    for message in invalid(texts["cobertura.xml"], top):
        yield "cobertura.xml " + message


def disagreements_of_tests(report, texts):
    """What is not said of each scenario as the report has it."""
    tests = {}
    for record in texts["lcov.info"].split("end_of_record\n")[:-1]:
        tests[re.search("TN:(.*)", record).group(1)] = {
            int(n) for n in re.findall(r"(?m)^DA:(\d+),[1-9]", record)}
    for name in report.scenarios:
        wanted = {line.number for line in report.counted() if name in line.by}
        if tests.pop(test_name(name), None) != wanted:
            yield "lcov.info does not say what %s reaches" % name
    if tests or set(re.findall("TN: (.*)", texts["tests.desc"])) != {
            test_name(name) for name in report.scenarios}:
        yield "lcov.info or tests.desc have other tests"
    only, scenario = [], None
    for text in texts["alone.txt"].splitlines():
        found = re.match(r"    \S+?:(\d+): .*?(?:\(branch (\d+) of \d+\))?$", text)
        scenario = scenario if found else text
        only += [(scenario, int(found.group(1)), int(found.group(2) or 0))] if found else []
    if sorted(only) != sorted((name, line.number, 0 if branch is None else branch + 1)
                              for name, line, branch in report.alone()):
        yield "alone.txt does not say what one scenario alone reaches"


# (file, what in it is replaced, by what): each must be noticed.
SPOILED = (
    ("summary.txt", r"(?m)^(all that can be reached +)\d+", r"\g<1>1"),
    ("index.html", r'(<tr id="branches"><td>branches</td><td class="n">)\d+', r"\g<1>1"),
    ("index.html", r'class="reached"', 'class=""'),
    ("index.html", r'class="unreachable"><td class="n">(\d+)</td><td class="n">',
     r'class="missed"><td class="n">\1</td><td class="n">0'),
    ("alone.txt", "a/two", "a/one"),
    ("tests.desc", "a_two", "a_three"),
    ("lcov.info", "TN:a_two", "TN:a_three"),
    ("lcov.info", r"(?m)^LF:\d+", "LF:1"),
    ("lcov.info", r"(?m)^BRDA:.*\n", ""),
    ("lcov.info", r"(?m)^DA:(\d+),[1-9]\d*", r"DA:\1,0"),
    ("cobertura.xml", r'lines-valid="\d+"', 'lines-valid="1"'),
    ("cobertura.xml", r' hits="[1-9]\d*"', ' hits="0"'),
    ("cobertura.xml", r"<coverage ", '<coverage function-rate="1.0" '),
    ("cobertura.xml", r" complexity=\"0\"", ""),
    ("cobertura.xml", r"<methods />", ""),
    ("cobertura.xml", r"<source>[^<]*</source>", "<source>driver/driver</source>"),
)


def self_test(driver, top):
    """Files of a small report, spoiled in one place each; says which of these nobody notices."""
    lines = [Line("f" * (n < 5) or "g" * (n < 6) or "h", n, "abcdef"[n - 1]) for n in range(1, 7)]
    for scenario, counts in (("a/one", [(2, []), (2, [1, 0]), (0, [0, 0])]),
                             ("a/two", [(1, []), (1, [1, 0]), (3, [1, 0])])):
        for line, one in zip(lines, counts + [(0, [0, 0]), (0, []), (0, [])]):
            line.add(scenario, *one)
    lines[2].branch_excused = lines[3].line_excused = lines[5].line_excused = True
    report = Report(driver, ["f", "g", "h"], [l.text for l in lines], lines,
                    {"a/one": "This.", "a/two": "That."})
    texts = {name: make(report) for name, (make, _) in FILES.items()}
    for message in disagreements(report, texts, top):
        yield "self-test: " + message
    for name, pattern, by in SPOILED:
        spoiled = re.sub(pattern, by, texts[name], count=1)
        if spoiled == texts[name] or \
                not list(disagreements(report, dict(texts, **{name: spoiled}), top)):
            yield "self-test: nobody notices another %s in %s" % (pattern, name)
