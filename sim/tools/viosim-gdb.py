# SPDX-License-Identifier: BSD-2-Clause
"""
viosim in gdb: stop at an event, see all contexts, virtqueues and pages.

`viosim debug` starts gdb with this, or writes commands that do (sim/cli/cmd_debug.c).  What is
shown is viosim's own text, which lies ready in the process that is debugged, debug_texts of
sim/cli/debug_stop.h; nothing is called there, and no debugging information of viosim is needed.

A context that does not run is shown by an unwinder: while one is selected, the innermost frame
has that context's frames above it.  No register of the process is changed, so it can always go on.
"""
import atexit
import os
import re
import shutil
import sys
import tempfile

import gdb
import gdb.unwinder

STOP = "debug_stop_here"


class Texts:
    """What viosim says at the event at which it stopped last; no text, if it has not."""

    @staticmethod
    def number(address, size):
        data = gdb.selected_inferior().read_memory(address, size)
        return int.from_bytes(bytes(data), sys.byteorder)

    def variable(self, name, size):
        return self.number(int(gdb.parse_and_eval("(unsigned long)&" + name)), size)

    @staticmethod
    def string(address):
        return gdb.Value(address).cast(
            gdb.lookup_type("char").const().pointer()).string(errors="replace")

    def get(self):
        if gdb.selected_inferior().pid == 0:
            return {}
        word = gdb.lookup_type("unsigned long").sizeof
        at = self.variable("debug_texts", word)
        texts = {}
        while at != 0 and self.number(at, word) != 0:
            texts[self.string(self.number(at, word))] = self.string(self.number(at + word, word))
            at += 2 * word
        return texts

    def old(self):
        """The newest event, if it is not the one of the texts any more."""
        newest = self.variable("debug_events", 4) - 1
        return newest if newest != self.variable("debug_stop_at", 4) else None


texts = Texts()


def text(what):
    return texts.get().get(what, "")


def number_of_event(argument):
    if not re.fullmatch(r"\d+", argument):
        raise gdb.GdbError("an event is a number, as in the failure report: %s" % argument)
    return int(argument)


class Selected(gdb.unwinder.Unwinder):
    """The context whose frames are shown."""

    def __init__(self):
        super().__init__("viosim-context")
        self.forget()

    def forget(self):
        self.name, self.registers, self.here = None, {}, None

    def select(self, name, registers):
        self.forget()
        gdb.invalidate_cached_frames()
        if registers:
            frame = gdb.newest_frame()
            self.here = (frame.pc(), int(frame.read_register(self.stack(registers))))
            self.name, self.registers = name, registers
            gdb.invalidate_cached_frames()

    @staticmethod
    def stack(registers):
        return "rsp" if "rsp" in registers else "sp"

    def __call__(self, pending):
        if self.name is None:
            return None
        sp = self.stack(self.registers)
        pc = "rip" if sp == "rsp" else "pc"
        if (int(pending.read_register(pc)), int(pending.read_register(sp))) != self.here:
            return None
        # Further in than the context's own frames, as gdb wants it.
        info = pending.create_unwind_info(Identity(
            gdb.Value(self.registers[sp] - 4096).cast(pending.read_register(sp).type),
            gdb.Value(self.here[0]).cast(pending.read_register(pc).type)))
        for register, value in self.registers.items():
            kind = pending.read_register(register).type
            info.add_saved_register(register, gdb.Value(value).cast(kind))
        return info


class Identity:
    """Of a frame."""

    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Sources:
    """The driver's text as it was compiled, in a folder that goes away with gdb."""

    def __init__(self):
        self.folder = None
        self.files = set()

    def get(self, name):
        name = os.path.basename(name)
        if name in self.files:
            return
        self.files.add(name)
        source = text("source " + name)
        if not source:
            return
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix="viosim-source.")
            atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
            gdb.execute("directory " + self.folder, to_string=True)
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(source)
        os.utime(path, (0, 0))      # not newer than what was made of it


selected = Selected()
sources = Sources()
stop = None         # made when the program is known


def to_driver():
    """Select the innermost frame of the driver; False: there is none."""
    module = os.path.basename(text("module"))
    frame = gdb.newest_frame()
    while frame is not None:
        table = frame.find_sal().symtab
        if table is not None and os.path.basename(gdb.solib_name(frame.pc()) or "") == module:
            sources.get(table.filename)
            frame.select()
            return True
        try:
            frame = frame.older()
        except gdb.error:
            return False
    return False


def select(context):
    """Its frames are shown from now on; False: the driver is not among them."""
    registers = texts.get()["registers " + context]
    selected.select(context, {} if registers == "running" else {
        name: int(value, 16) for name, value in (pair.split("=") for pair in registers.split())})
    return to_driver()


def show_driver():
    """The driver's frame: of what runs, or else of the first context that is in the driver."""
    if to_driver():
        gdb.execute("frame")
        return
    for what, registers in texts.get().items():
        context = what[len("registers "):]
        if what.startswith("registers ") and "=" in registers and not context.isdigit() \
                and select(context):
            print("the driver does not run; %s stands here (viosim-context %s):" % (
                context, context))
            gdb.execute("frame")
            return
    selected.select(None, {})
    gdb.newest_frame().select()


def is_stopped():
    return text("event") != ""


def need_stopped():
    if not is_stopped():
        raise gdb.GdbError("nothing is stopped at an event: viosim-start, or viosim-event N")
    if texts.old() is not None:
        print("as of the last stop; there were events since then: viosim-event %d" % texts.old())


def show_stop():
    # A breakpoint of the user's, or a driver that crashes: that is the event after its signal.
    if gdb.selected_inferior().pid != 0 and gdb.newest_frame().name() != STOP:
        print("stopped before the event; `continue' goes on to it")
        to_driver()
        gdb.execute("frame")
        return
    if not is_stopped():
        print("the case is over")
        return
    print(text("event"), end="")
    print(text("contexts"), end="")
    show_driver()


class Stop(gdb.Breakpoint):
    """At the event that is wanted; shows it if the user's own command led here."""

    def __init__(self):
        super().__init__(STOP, internal=True)
        self.silent = True
        self.is_ours = False
        gdb.events.stop.connect(self.stopped)

    def stopped(self, event):
        if not self.is_ours and self in getattr(event, "breakpoints", ()):
            show_stop()

    def go(self, command):
        self.is_ours = True
        try:
            gdb.execute(command, to_string=True)
        finally:
            self.is_ours = False
        show_stop()


def begin(args):
    """Run up to the event that the arguments name."""
    global stop
    if stop is None:
        stop = Stop()
    selected.forget()
    gdb.execute("set args " + args)
    stop.go("run")


class Start(gdb.Command):
    """Run the case from the beginning up to the event that it is to stop at."""

    def __init__(self):
        super().__init__("viosim-start", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        begin(gdb.parameter("args"))


class Event(gdb.Command):
    """viosim-event [N]: say at which event this is, or go to event N (back: by a new run)."""

    def __init__(self):
        super().__init__("viosim-event", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        if not argument:
            need_stopped()
            print(text("event"), end="")
            return
        event = number_of_event(argument)
        now = re.match(r"event (\d+)", text("event")) if is_stopped() else None
        if now is not None and int(now.group(1)) < event:
            selected.select(None, {})
            gdb.execute("set var *(unsigned *)&debug_stop_at = %d" % event)
            stop.go("continue")
        else:
            begin(re.sub(r"--stop \d+", "--stop %d" % event, gdb.parameter("args")))


class Context(gdb.Command):
    """viosim-context [NAME | NUMBER]: list all contexts, or show the frames of one.

The one that runs, marked by *, is where gdb stopped.  backtrace, up, down, frame and info locals
then are of that context, until the case goes on."""

    def __init__(self):
        super().__init__("viosim-context", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        need_stopped()
        if not argument:
            print(text("contexts"), end="")
            return
        registers = texts.get().get("registers " + argument)
        if registers is None:
            raise gdb.GdbError("there is no context %s now; viosim-context lists them" % argument)
        if not registers:
            raise gdb.GdbError("the registers of %s are not known: it has crashed, or viosim was "
                               "built with FIBER_UCONTEXT" % argument)
        if select(argument):
            gdb.execute("frame")
        else:
            gdb.newest_frame().select()
            print("%s is not in the driver" % argument)


class Text(gdb.Command):
    def __init__(self, what, help_text):
        self.what = what
        self.__doc__ = help_text
        super().__init__("viosim-" + what, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        need_stopped()
        print(text(self.what), end="")


def settings():
    for setting in ("confirm off", "print inferior-events off", "print thread-events off",
                    "debuginfod enabled off", "startup-with-shell on"):
        try:
            gdb.execute("set " + setting, to_string=True)
        except gdb.error:
            pass        # an older gdb does not have it


settings()
gdb.unwinder.register_unwinder(None, selected, replace=True)
gdb.events.cont.connect(lambda event: selected.forget())
Start()
Event()
Context()
Text("rings", "The virtqueues, and what has become of their entries.")
Text("pages", "Pages by who uses them, and which of them the host has.")
