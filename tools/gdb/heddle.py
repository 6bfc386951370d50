"""gdb commands for programs under Heddle: where do the tasks stand that are not running?

    (gdb) source tools/gdb/heddle.py
    (gdb) heddle tasks                 the tasks of the running execution: what each is about to do, or waits for
    (gdb) heddle backtrace [NAME...]   the backtraces of the suspended ones

A suspended task's registers lie on its stack, as Boost.Context 1.81 saves them on x86-64. They are put into the
thread's registers for the length of a backtrace, and back; so this needs a live process, not a core file. It needs
debugging information with types, too: build with `-g` (the debug preset does), not with `-g1`.
"""

import gdb

# Offsets within a saved context, in bytes; the stack pointer is behind it.
SAVED = {"r12": 0x10, "r13": 0x18, "r14": 0x20, "r15": 0x28, "rbx": 0x30, "rbp": 0x38, "rip": 0x40}
CONTEXT_SIZE = 0x48


def word_at(address):
    return int(gdb.Value(address).cast(gdb.lookup_type("unsigned long").pointer()).dereference())


def execution():
    try:
        current = gdb.parse_and_eval("heddle::sim::Execution::current_")
    except gdb.error as error:
        raise gdb.GdbError(
            "heddle: cannot find the running execution (%s); build with -g, and stop the program in a task" % error)
    if int(current) == 0:
        raise gdb.GdbError("heddle: this thread runs no execution; stop the program in a task, or choose its thread")
    return current.dereference()


class Task:
    def __init__(self, record, is_running):
        self.record = record
        self.is_running = is_running

    @property
    def name(self):
        text = self.record["name"]["text"]
        length = int(text["_M_len"])
        name = text["_M_str"].string(length=length) if length else ""
        index = int(self.record["name"]["index"])
        return name if index < 0 else "%s-%d" % (name, index)

    @property
    def fiber(self):
        # A unique_ptr is one pointer; what it is made of differs between versions of the library.
        pointer = gdb.lookup_type("heddle::sim::Fiber").pointer()
        return self.record["fiber"].address.cast(pointer.pointer()).dereference().dereference()

    def state(self):
        if self.is_running:
            return "running"
        if bool(self.record["finished"]):
            return "ended"
        pending = self.record["pending"]
        if int(pending["op"]) == 0:
            return "not started"
        text = pending["op"].dereference()["name"]
        waits = str(self.record["wait"]).rsplit("::", 1)[-1]
        verb = "at" if waits in ("none", "0") else "waits at"
        return "%s '%s'" % (verb, text["_M_str"].string(length=int(text["_M_len"])))

    def is_suspended(self):
        return not self.is_running and not bool(self.record["finished"]) and int(self.record["pending"]["op"]) != 0


def tasks():
    run = execution()
    running = int(run["running_"])
    pointer = gdb.lookup_type("heddle::sim::Task").pointer()
    first = run["tasks_"]["_M_impl"]["_M_start"].cast(pointer.pointer())
    for number in range(1, int(run["task_count_"])):  # 0 is the clock
        record = (first + number).dereference()
        yield Task(record.dereference(), int(record) == running)


def print_backtrace(task):
    context = int(task.fiber["context_"])
    gdb.newest_frame().select()
    names = list(SAVED) + ["rsp"]
    before = {name: int(gdb.parse_and_eval("(unsigned long)$" + name)) for name in names}
    try:
        for name, offset in SAVED.items():
            gdb.execute("set $%s = %d" % (name, word_at(context + offset)))
        gdb.execute("set $rsp = %d" % (context + CONTEXT_SIZE))
        gdb.execute("backtrace")
    finally:
        for name in names:
            gdb.execute("set $%s = %d" % (name, before[name]))


class Heddle(gdb.Command):
    """Commands for programs under Heddle."""

    def __init__(self):
        super().__init__("heddle", gdb.COMMAND_STACK, prefix=True)


class HeddleTasks(gdb.Command):
    """The tasks of the running execution: what each is about to do, or waits for."""

    def __init__(self):
        super().__init__("heddle tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for task in tasks():
            print("%-24s %s" % (task.name, task.state()))


class HeddleBacktrace(gdb.Command):
    """The backtraces of suspended tasks: heddle backtrace [NAME...]"""

    def __init__(self):
        super().__init__("heddle backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        wanted = gdb.string_to_argv(argument)
        known = list(tasks())
        for name in wanted:
            if name not in [task.name for task in known]:
                raise gdb.GdbError("heddle: there is no task '%s'; `heddle tasks` lists them" % name)
        for task in known:
            if wanted and task.name not in wanted:
                continue
            print("\n%s: %s" % (task.name, task.state()))
            if task.is_suspended():
                print_backtrace(task)


Heddle()
HeddleTasks()
HeddleBacktrace()
