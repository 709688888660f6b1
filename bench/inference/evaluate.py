#!/usr/bin/env python3
"""How good the inferred dependencies are, against labels.json.

Every labelled plan is copied without its declared dependencies, gsdc infers them anew, and edges and orders are
compared on the transitive closure. A task is its position in the plan, from 1.
"""
import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
DECLARED = re.compile(r"<(depends|depends_on)>.*?</\1>", re.S)
ATTRIBUTES = re.compile(r"""(?<=\s)depends[-_]on\s*=\s*("[^"]*"|'[^']*')""")
WAVES = re.compile(r"""(?<=\s)wave\s*=\s*("[^"]*"|'[^']*')""")
OPENING_TAG = re.compile(r"<task\b[^>]*>")
EVIDENCE = re.compile(r"^(\S+) waits for (\S+)  \(inferred, ([a-z-]+)", re.M)


def without_dependencies(text, keep_waves):
    def strip(tag):
        stripped = ATTRIBUTES.sub("", tag[0])
        return stripped if keep_waves else WAVES.sub("", stripped)

    return DECLARED.sub("", OPENING_TAG.sub(strip, text))


def infer(gsdc, text):
    """The inferred edges (from, to, evidence), and the number of tasks."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder, "01-01-PLAN.md")
        plan.write_text(text, encoding="utf-8")

        def run(*options):
            command = [gsdc, "--no-cache", "--config", "none", "--rule-set", "none", *options, plan.name]
            return subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout

        tasks = json.loads(run("--force", "--emit", "manifest"))["tasks"]
        number = {task["id"]: i for i, task in enumerate(tasks, 1)}
        found = EVIDENCE.findall(run("--explain-deps"))
        assert len(found) == sum(len(task["depends_on"]) for task in tasks), "the two outputs disagree"
        return [(number[a], number[b], kind) for b, a, kind in found], len(tasks)


def closure(pairs):
    reached = {}
    for a, b in sorted(pairs, key=lambda pair: pair[1]):
        assert a < b, (a, b)
        reached.setdefault(b, set()).update({a}, reached.get(a, ()))
    return {(a, b) for b, sources in reached.items() for a in sources}


def tuning_half(plans):
    """The paths of the half that may be looked at when the rules change; the other half only counts."""
    paths = sorted(plan["path"] for plan in plans)
    random.Random(20261123).shuffle(paths)
    return set(paths[:len(paths) // 2])


def percent(part, whole):
    return f"{part:4} of {whole:4}  {100 * part / whole:5.1f} %" if whole else "none"


def evaluate(name, plans, arguments):
    found, true, totals, missed = Counter(), Counter(), Counter(), []
    for plan in plans:
        text = (arguments.corpus / plan["path"]).read_text(encoding="utf-8", errors="replace")
        edges, tasks = infer(arguments.gsdc, without_dependencies(text, not arguments.without_waves))
        needed = closure(tuple(need["pair"]) for need in plan["needs"])
        assert all(b <= tasks for _, b in needed), plan["path"]
        ordered = closure((a, b) for a, b, _ in edges)
        for a, b, kind in edges:
            found[kind] += 1
            true[kind] += (a, b) in needed
        totals.update(pairs=tasks * (tasks - 1) // 2, needed=len(needed), met=len(needed & ordered),
                      ordered=len(ordered), idle=len(ordered - needed))
        reasons = {tuple(need["pair"]): need["reason"] for need in plan["needs"]}
        missed += [(plan["path"], pair, reasons.get(pair, "follows from others"))
                   for pair in sorted(needed - ordered)]

    print(f"{name}: {len(plans)} plans, {totals['pairs']} pairs of tasks, {totals['needed']} needed")
    for kind, count in found.most_common():
        print(f"  {kind:13} true {percent(true[kind], count)}")
    print(f"  {'all edges':13} true {percent(sum(true.values()), sum(found.values()))}")
    print(f"  recall             {percent(totals['met'], totals['needed'])}")
    unordered = totals["pairs"] - totals["ordered"]
    print(f"  left unordered, but needed {percent(totals['needed'] - totals['met'], unordered)}")
    print(f"  over-serialised    {percent(totals['idle'], totals['ordered'])}")
    print(f"  a plain chain      {percent(totals['pairs'] - totals['needed'], totals['pairs'])}")
    for path, (a, b), reason in missed:
        print(f"  missed: {path}: {a} -> {b}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="?", type=Path, default=HERE.parents[2] / "shared" / "corpus")
    parser.add_argument("--gsdc", default=str(HERE.parents[1] / "build/dev/bin/gsdc"))
    parser.add_argument("--without-waves", action="store_true", help="remove wave= from the tasks, too")
    arguments = parser.parse_args()
    if not arguments.corpus.is_dir():
        print(f"skipped: there is no corpus at {arguments.corpus}")
        return
    if not Path(arguments.gsdc).is_file():
        sys.exit(f"there is no gsdc at {arguments.gsdc}; build it, or give --gsdc")
    arguments.gsdc = str(Path(arguments.gsdc).resolve())
    plans = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))["plans"]
    read = [plan for plan in plans if plan["labelled"] == "read"]
    looked_at = tuning_half(read)
    evaluate("read", read, arguments)
    evaluate("read, looked at while the rules were made", [p for p in read if p["path"] in looked_at], arguments)
    evaluate("read, held out", [p for p in read if p["path"] not in looked_at], arguments)
    evaluate("declared", [plan for plan in plans if plan["labelled"] == "declared"], arguments)


if __name__ == "__main__":
    main()
