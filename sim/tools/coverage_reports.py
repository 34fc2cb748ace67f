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
import time
import xml.etree.ElementTree as ElementTree

# Elements of the Cobertura format (coverage-04): required attributes, optional attributes, and
# children; those marked * may occur any number of times.
COBERTURA = {
    "coverage": ("line-rate branch-rate lines-covered lines-valid branches-covered branches-valid "
                 "complexity version timestamp", "", "sources packages"),
    "sources": ("", "", "source*"),
    "source": ("", "", ""),
    "packages": ("", "", "package*"),
    "package": ("name line-rate branch-rate complexity", "", "classes"),
    "classes": ("", "", "class*"),
    "class": ("name filename line-rate branch-rate complexity", "", "methods lines"),
    # A method's attributes differ between editions of the format; we write none.
    "methods": ("", "", ""),
    "lines": ("", "", "line*"),
    "line": ("number hits", "branch condition-coverage", "conditions*"),
    "conditions": ("", "", "condition*"),
    "condition": ("number type coverage", "", ""),
}
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

    def __init__(self, function, number, text, count, taken):
        self.function, self.number, self.text = function, number, text
        self.count = count
        self.taken = taken              # how often each branch was
        self.line_excused = self.branch_excused = False
        self.why = None                 # it is excused

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

    def counted_branches(self):
        """How often each branch was taken that can be."""
        return [n for n in self.taken if n > 0 or not self.branch_excused]


class Report:
    """One driver and what was reached of it."""

    def __init__(self, driver, functions, source, lines):
        self.driver, self.functions = driver, functions
        self.source, self.lines = source, lines

    def of(self, function):
        return [l for l in self.lines if l.function == function]

    def counted(self):
        """The lines that can be reached."""
        return [l for l in self.lines if not l.line_excused]

    def counted_functions(self):
        """(function, first line, count) of those that can be reached."""
        for function in self.functions:
            mine = [l for l in self.of(function) if not l.line_excused]
            if mine:
                yield function, mine[0].number, mine[0].count

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


# ---- lcov ----

def lcov(report):
    """A trace file of lcov, as genhtml reads it."""
    functions = list(report.counted_functions())
    out = ["TN:scenarios", "SF:" + report.driver]
    out += ["FN:%d,%s" % (number, name) for name, number, _ in functions]
    out += ["FNDA:%d,%s" % (count, name) for name, _, count in functions]
    out += ["FNF:%d" % len(functions), "FNH:%d" % sum(1 for f in functions if f[2] > 0)]
    for line in report.counted():
        out += ["BRDA:%d,0,%d,%s" % (line.number, i, n if line.count > 0 else "-")
                for i, n in enumerate(line.counted_branches())]
    totals = report.totals()
    out += ["BRF:%d" % totals["branches"][1], "BRH:%d" % totals["branches"][0]]
    out += ["DA:%d,%d" % (line.number, line.count) for line in report.counted()]
    out += ["LF:%d" % totals["lines"][1], "LH:%d" % totals["lines"][0], "end_of_record"]
    return "\n".join(out) + "\n"


def read_lcov(text):
    said, lines = {}, {}
    for key, value in re.findall(r"(?m)^(\w+):(.*)$", text):
        if key == "DA":
            number, count = value.split(",")
            lines.setdefault(int(number), [False, 0, 0])[0] = int(count) > 0
        elif key == "BRDA":
            number, _, _, count = value.split(",")
            line = lines.setdefault(int(number), [False, 0, 0])
            line[1] += count not in ("0", "-")
            line[2] += 1
        elif key in ("LF", "LH", "BRF", "BRH"):
            said[key] = int(value)
    return {"lines": (said.get("LH"), said.get("LF")),
            "branches": (said.get("BRH"), said.get("BRF"))}, lines


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


def invalid(text, top):
    """What in a Cobertura file is not of its format, or does not lead to the source."""
    root = ElementTree.fromstring(text.encode("utf-8"))
    if root.tag != "coverage":
        yield "is of %s, not coverage" % root.tag
        return
    for element in root.iter():
        yield from invalid_element(element)
    places = [os.path.join(top, s.text or "", c.get("filename", ""))
              for s in root.iter("source") for c in root.iter("class")]
    if not places or not all(os.path.isfile(place) for place in places):
        yield "does not name the source: %s" % ", ".join(places)


def invalid_element(element):
    if element.tag not in COBERTURA:
        yield "has an element %s" % element.tag
        return
    must, may, children = (words.split() for words in COBERTURA[element.tag])
    for name in must:
        if name not in element.attrib:
            yield "%s has no %s" % (element.tag, name)
    for name in element.attrib:
        if name not in must + may:
            yield "%s has an attribute %s" % (element.tag, name)
    pattern = "".join(re.sub(r"^([\w-]+)(\*?)$", r"(?:\1 )\2", c) for c in children)
    here = "".join(child.tag + " " for child in element)
    if not re.fullmatch(pattern, here):
        yield "%s has the children %s" % (element.tag, here.strip() or "none")


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
        "th", "line", "times", "branches", "text", ""))
    by_number = {line.number: line for line in report.lines}
    out += [source_row(number, text, by_number.get(number))
            for number, text in enumerate(report.source, 1)]
    return "\n".join(out) + "\n</table></body></html>\n"


def source_row(number, text, line):
    kind, times, branches, said = "", "", "", ""
    if line is not None:
        reached, of = line.branches()
        kind = "unreachable" if line.line_excused else "missed" if line.count == 0 else \
            "partly" if reached < of else "reached"
        times = "" if line.line_excused else line.count
        branches = "%d/%d" % (reached, of) if of else ""
        said = remark(line) or ""
    return '<tr id="L%d" class="%s">%s%s%s</tr>' % (
        number, kind, cells('td class="n"', number, times, branches),
        cells("td", text.expandtabs(8)), cells('td class="why"', said))


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
            pair = [int(n) for n in values[2].split("/")] if values[2] else [0, 0]
            lines[int(name[1:])] = [int(values[1]) > 0] + pair
    totals = {what: tuple(int(n) for n in reader.rows.get(what, [0, 0, -1, -1])[2:4])
              for what in ("lines", "branches")}
    return totals, lines


# ---- all of them ----

# File: (how it is written, how it is read).
FILES = {
    "summary.txt": (summary, read_summary),
    "index.html": (page, read_page),
    "lcov.info": (lcov, read_lcov),
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
    for message in invalid(texts["cobertura.xml"], top):
        yield "cobertura.xml " + message


# (file, what in it is replaced, by what): each must be noticed.
SPOILED = (
    ("summary.txt", r"(?m)^(all that can be reached +)\d+", r"\g<1>1"),
    ("index.html", r'(<tr id="branches"><td>branches</td><td class="n">)\d+', r"\g<1>1"),
    ("index.html", r'class="reached"', 'class=""'),
    ("index.html", r'class="unreachable"><td class="n">(\d+)</td><td class="n">',
     r'class="missed"><td class="n">\1</td><td class="n">0'),
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
    lines = [Line("f", 1, "a", 3, []), Line("f", 2, "b", 3, [2, 0]), Line("f", 3, "c", 3, [1, 0]),
             Line("f", 4, "d", 0, [0, 0]), Line("g", 5, "e", 0, []), Line("h", 6, "f", 0, [])]
    lines[2].branch_excused = lines[3].line_excused = lines[5].line_excused = True
    report = Report(driver, ["f", "g", "h"], [l.text for l in lines], lines)
    texts = {name: make(report) for name, (make, _) in FILES.items()}
    for message in disagreements(report, texts, top):
        yield "self-test: " + message
    for name, pattern, by in SPOILED:
        spoiled = re.sub(pattern, by, texts[name], count=1)
        if spoiled == texts[name] or \
                not list(disagreements(report, dict(texts, **{name: spoiled}), top)):
            yield "self-test: nobody notices another %s in %s" % (pattern, name)
