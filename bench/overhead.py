#!/usr/bin/env python3
"""What a task costs beside its agent: the same graph of no-op tasks with gsd-run (journal on), ninja, xargs -P
and GNU parallel, taking turns; the best of some rounds counts.

    bench/overhead.py [TASKS] [ROUNDS]        from a release build; the last two are left out where they are missing
"""
import json, os, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(HERE, "..", "build", "release", "bin")
TASKS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
SLOTS = 5
LAYERS = 10


def plan():
    """Ten layers; each task waits for two of the layer before."""
    width = TASKS // LAYERS
    tasks = []
    for n in range(1, width * LAYERS + 1):
        layer, place = divmod(n - 1, width)
        before = [(layer - 1) * width + (place + k) % width + 1 for k in (0, 1)] if layer else []
        tasks.append((n, sorted(set(before))))
    return tasks


def plan_text(tasks):
    lines = ["---", "phase: 01-bench", "plan: 01", "type: execute", "depends_on: []", "autonomous: true", "---", "", "<tasks>"]
    for n, before in tasks:
        lines += [f'<task type="auto" subagent="general-purpose" model="haiku" parallel="can-parallelize" '
                  f'depends-on="{",".join(map(str, before)) or "none"}">',
                  f"<name>Task {n}: nothing</name>", f"<files>src/{n}.ts</files>", "<action>Nothing.</action>",
                  "<verify>x</verify>", "<done>x</done>", "</task>"]
    return "\n".join(lines + ["</tasks>", ""])


def main():
    tasks = plan()
    folder = tempfile.mkdtemp(prefix="gsd-bench-")
    try:
        os.chdir(folder)
        os.makedirs(".planning/phases/01-bench")
        path = ".planning/phases/01-bench/01-01-PLAN.md"
        with open(path, "w") as f:
            f.write(plan_text(tasks))
        subprocess.run([f"{BIN}/gsdc", "-q", "--force", path, "-o", "manifest.json"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with open("manifest.json") as f:
            count = len(json.load(f)["tasks"])
        assert count == len(tasks), (count, len(tasks))
        with open("build.ninja", "w") as f:
            f.write("rule t\n  command = true\n")
            for n, before in tasks:
                f.write(f"build t{n}: t {' '.join(f't{b}' for b in before)}\n")
        with open("list", "w") as f:
            f.write("".join(f"{n}\n" for n, _ in tasks))
        candidates = {
            "gsd-run": [f"{BIN}/gsd-run", "manifest.json", "--agent=command", "-q", f"-j{SLOTS}", "--budget-tokens=0",
                        "--no-verify", "--", "true"],
            "ninja": ["ninja", "--quiet", f"-j{SLOTS}"],
            "xargs -P": ["xargs", f"-P{SLOTS}", "-n1", "-a", "list", "true"],
            "parallel": ["parallel", f"-j{SLOTS}", "-a", "list", "true"],
        }
        best = {}
        for number in range(ROUNDS):
            for name, argv in candidates.items():
                if not shutil.which(argv[0]):
                    continue
                # Not removed before the end: ext4 avoids inodes that were freed in the last seconds, and looks
                # through all of them for each new file.
                for state in (".gsd", ".ninja_log"):
                    if os.path.exists(state):
                        os.rename(state, f"{state}-{number}-{name}")
                begin = time.perf_counter()
                subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                best[name] = min(best.get(name, 1e9), time.perf_counter() - begin)
        print(f"{count} no-op tasks, {SLOTS} at once (xargs and parallel know no dependencies):")
        for name, seconds in best.items():
            print(f"  {name:9} {seconds:6.2f} s  {1000 * seconds / count:6.2f} ms per task  {seconds / best['ninja']:5.2f} of ninja")
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)


main()
