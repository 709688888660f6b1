#!/usr/bin/env python3
"""What gsd-run costs beside its agents, and how near its schedules come to what is possible.

    ./dev bench executor [overhead|idle|resume|makespan ...]        without names all of them

overhead   the same graph of 1,000 no-op tasks with gsd-run (journal on), ninja, xargs -P and GNU parallel, taking
           turns, the best of five rounds; ninja also with the files that gsd-run keeps of each task
idle       the processor time of gsd-run while 64 agents sleep for 10 s
resume     `gsd-run resume` of 10,000 tasks of which all but one checkpoint are done
makespan   simulated runs of generated graphs, and of the phases of the corpus where there is one, against
           max(critical path, work / slots), with --schedule=dataflow and =batch
"""
import glob, json, os, random, resource, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(os.path.join(HERE, "..", "build", "release", "bin"))
CORPUS = os.path.join(HERE, "..", "..", "shared", "corpus")
SLOTS = 5
QUIET = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def plan_text(tasks):
    """tasks: (number, numbers before it, minutes); number 0 in `minutes` marks a checkpoint"""
    lines = ["---", "phase: 01-bench", "plan: 01", "type: execute", "depends_on: []", "autonomous: true", "---", "", "<tasks>"]
    for n, before, minutes in tasks:
        depends = ",".join(map(str, before)) or "none"
        if minutes == 0:
            lines += [f'<task type="checkpoint:human-verify" gate="blocking" depends-on="{depends}">',
                      "<what-built>x</what-built>", "<how-to-verify>x</how-to-verify>", "</task>"]
            continue
        lines += [f'<task type="auto" subagent="general-purpose" model="haiku" parallel="can-parallelize" depends-on="{depends}">',
                  f"<name>Task {n}: nothing</name>", f"<files>src/{n}.ts</files>", "<action>Nothing.</action>",
                  "<verify>x</verify>", "<done>x</done>",
                  f"<metrics><estimated-duration>{minutes}-{minutes}min</estimated-duration></metrics>", "</task>"]
    return "\n".join(lines + ["</tasks>", ""])


def layers(count, checkpoint=False):
    """Ten layers; each task waits for two of the layer before."""
    width = count // 10
    tasks = []
    for n in range(1, width * 10 + 1):
        layer, place = divmod(n - 1, width)
        tasks.append((n, sorted({(layer - 1) * width + (place + k) % width + 1 for k in (0, 1)}) if layer else [], 10))
    if checkpoint:
        tasks[-1] = (*tasks[-1][:2], 0)
    return tasks


def compile_plan(tasks):
    path = ".planning/phases/01-bench/01-01-PLAN.md"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(plan_text(tasks))
    subprocess.run([f"{BIN}/gsdc", "-q", "--force", path, "-o", "manifest.json"], **QUIET)
    with open("manifest.json") as f:
        manifest = json.load(f)
    assert len(manifest["tasks"]) == len(tasks), (len(manifest["tasks"]), len(tasks))
    return manifest


def gsd_run(*more):
    return [f"{BIN}/gsd-run", "manifest.json", "-q", "--budget-tokens=0", *more]


def wait_for_disk():
    """ext4 passes over inodes that were freed in the last minutes, and looks at all of them for each new file: where
    thousands were just removed (by this very program, before), a new file takes twenty times its usual time."""
    for number in range(40):
        begin = time.perf_counter()
        for n in range(1000):
            os.makedirs(f"probe-{number}/{n}")
            for name in "abc":
                open(f"probe-{number}/{n}/{name}", "w").close()
        took = (time.perf_counter() - begin) / 4000
        if took < 0.00003:
            return
        if number == 0:
            print("overhead: many files were just removed on this file system; waiting until it has forgotten them", flush=True)
        time.sleep(10)
    print("overhead: making files stays slow here; these figures are of the file system")


def overhead():
    wait_for_disk()
    tasks = layers(1000)
    compile_plan(tasks)
    for name, command in (("plain", "true"), ("files", "mkdir -p log/$out && echo prompt > log/$out/prompt && "
                                                       "true < log/$out/prompt > log/$out/stdout 2> log/$out/stderr")):
        with open(f"{name}.ninja", "w") as f:
            f.write(f"builddir = .ninja-{name}\nrule t\n  command = {command}\n")
            for n, before, _ in tasks:
                f.write(f"build t{n}: t {' '.join(f't{b}' for b in before)}\n")
    with open("list", "w") as f:
        f.write("".join(f"{n}\n" for n, _, _ in tasks))
    candidates = {
        "gsd-run": gsd_run("--agent=command", f"-j{SLOTS}", "--no-verify", "--", "true"),
        "ninja": ["ninja", "--quiet", f"-j{SLOTS}", "-f", "plain.ninja"],
        "ninja + files": ["ninja", "--quiet", f"-j{SLOTS}", "-f", "files.ninja"],
        "xargs -P": ["xargs", f"-P{SLOTS}", "-n1", "-a", "list", "true"],
        "parallel": ["parallel", f"-j{SLOTS}", "-a", "list", "true"],
    }
    best = {}
    for number in range(5):
        for name, argv in candidates.items():
            if not shutil.which(argv[0]):
                continue
            # Not removed before the end: ext4 avoids inodes that were freed in the last seconds, and looks
            # through all of them for each new file.
            for state in (".gsd", ".ninja-plain", ".ninja-files", "log"):
                if os.path.exists(state):
                    os.rename(state, f"{state}-{number}-{name}")
            begin = time.perf_counter()
            subprocess.run(argv, check=True, **QUIET)
            best[name] = min(best.get(name, 1e9), time.perf_counter() - begin)
    print(f"overhead: {len(tasks)} no-op tasks, {SLOTS} at once (xargs and parallel know no dependencies)")
    for name, seconds in best.items():
        print(f"  {name:13} {seconds:6.2f} s  {1000 * seconds / len(tasks):6.2f} ms per task  "
              f"{seconds / best['ninja']:5.2f} of ninja")
    for name in candidates.keys() - best.keys():
        print(f"  {name:13} is not installed")


def idle():
    compile_plan([(n, [], 10) for n in range(1, 65)])
    seconds = 10
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.Popen(gsd_run("--agent=command", "-j64", "--no-verify", "--", "sleep", str(seconds + 3)), **QUIET)
    time.sleep(2)  # all have started

    def ticks():
        with open(f"/proc/{run.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = len(open(f"/proc/{run.pid}/task/{run.pid}/children").read().split())
    begin = ticks()
    time.sleep(seconds)
    used = ticks() - begin
    with open(f"/proc/{run.pid}/status") as f:
        memory = next(line.split()[1] for line in f if line.startswith("VmHWM"))
    run.wait()
    print(f"idle: {children} sleeping agents, {100 * used / seconds:.2f} % of a core over {seconds} s, {int(memory) / 1024:.0f} MB at most")


def resume():
    compile_plan(layers(10000, checkpoint=True))
    subprocess.run(gsd_run("--agent=simulate", "-j64", "--simulate-scale=0"), **QUIET)
    best = 1e9
    for _ in range(5):
        begin = time.perf_counter()
        done = subprocess.run([f"{BIN}/gsd-run", "resume", "-q"], **QUIET)
        best = min(best, time.perf_counter() - begin)
        assert done.returncode == 3, done.returncode
    print(f"resume: 9,999 of 10,000 tasks done, one waits for a person: {best:.2f} s")


def bound_of(manifest):
    seconds = {t["id"]: 0 if t["checkpoint"] else t["estimated_seconds"]["expected"] for t in manifest["tasks"]}
    longest = {}
    for task in manifest["tasks"]:  # in an order in which dependencies come first
        longest[task["id"]] = seconds[task["id"]] + max((longest.get(d, 0) for d in task["depends_on"]), default=0)
    return max(max(longest.values()), sum(seconds.values()) / SLOTS)


def measure(manifest):
    """Makespan over the bound, by schedule; each run is scaled so that the bound takes some seconds."""
    bound = bound_of(manifest)
    ratios = []
    for schedule, seconds in (("dataflow", 4.0), ("batch", 1.0)):
        scale = seconds / bound
        for state in (".gsd", "project/.gsd"):
            shutil.rmtree(state, ignore_errors=True)
        begin = time.perf_counter()
        done = subprocess.run(gsd_run("--agent=simulate", f"-j{SLOTS}", f"--schedule={schedule}", "--auto-approve",
                                      f"--simulate-scale={scale:.9f}"), **QUIET)
        ratios.append((time.perf_counter() - begin) / (scale * bound))
        if done.returncode != 0:
            return None  # a checkpoint that only a person may pass
    return ratios


def report(what, ratios):
    ratios = [r for r in ratios if r]
    if not ratios:
        return
    for place, schedule in enumerate(("dataflow", "batch")):
        of = sorted(r[place] for r in ratios)
        mean = sum(of) / len(of)
        print(f"  {what}, {len(of)} graphs, {schedule:8}: mean {mean:.3f}, median {of[len(of) // 2]:.3f}, worst {of[-1]:.3f} of the bound; "
              f"{sum(r <= 1.05 for r in of)} within 5 %")


def makespan():
    print(f"makespan: simulated runs, {SLOTS} slots, bound = max(critical path, work / slots), process start included")
    random.seed(1)
    generated = []
    for _ in range(30):
        count = random.randint(20, 120)
        tasks = []
        for n in range(1, count + 1):
            before = sorted(random.sample(range(max(1, n - 25), n), min(n - 1, random.choice((0, 1, 1, 2, 3)))))
            tasks.append((n, before, max(1, int(random.lognormvariate(2.3, 0.7)))))
        generated.append(measure(compile_plan(tasks)))
    report("generated", generated)
    phases = sorted({os.path.dirname(p) for p in glob.glob(os.path.join(CORPUS, "*", ".planning", "phases", "*", "*PLAN.md"))})
    if not phases:
        print("  no corpus here")
        return
    of_corpus = []
    for phase in random.sample(phases, min(40, len(phases))):
        subprocess.run([f"{BIN}/gsdc", "-q", "--force", phase, "-o", os.path.abspath("manifest.json")], **QUIET)
        with open("manifest.json") as f:
            manifest = json.load(f)
        if len(manifest["tasks"]) < 3:
            continue
        root = os.path.join(os.getcwd(), manifest["root"])
        for plan in manifest["plans"]:  # gsd-run looks whether they are still as they were
            copy = os.path.join("project", plan["path"])
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(os.path.join(root, plan["path"]), copy)
        manifest["root"] = "project"
        with open("manifest.json", "w") as f:
            json.dump(manifest, f)
        of_corpus.append(measure(manifest))
    report("corpus", of_corpus)


def main():
    parts = {"overhead": overhead, "idle": idle, "resume": resume, "makespan": makespan}
    names = sys.argv[1:] or list(parts)
    for name in names:
        if name not in parts:
            sys.exit(__doc__)
    for name in names:
        folder = tempfile.mkdtemp(prefix="gsd-bench-")
        try:
            os.chdir(folder)
            parts[name]()
        finally:
            os.chdir("/")
            shutil.rmtree(folder, ignore_errors=True)


main()
