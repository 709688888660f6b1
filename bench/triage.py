#!/usr/bin/env python3
"""Prints the findings that docs/false-alarms.md is about, each with its help and the lines around it.

CORPUS has one folder for each repository. All errors are printed, and of the warnings a sample: at most --per-rule of
every rule, taken in turns from the repositories in an order that --seed decides. A folder has only the plans of its
repository, and TREE.txt, the list of all of its files: --with-tree runs on copies in which all of those exist (the
others empty), which is how rules about files on disk are judged. --unfinished runs on copies without any SUMMARY: the
plans as they were before somebody executed them, which is when their authors would have run gsdc. --strict turns every
rule on and makes errors of warnings.
"""

import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess
import tempfile


def findings(gsdc, repository, options):
    command = [gsdc, "--no-cache", "--config", "none", "--root", ".", "--format=json", "."]
    if options.strict:
        command += ["--rule-set", "all", "-Werror"]
    run = subprocess.run(command, cwd=repository, capture_output=True, text=True, errors="replace")
    if run.returncode > 1:
        raise SystemExit(f"{repository}: {run.stderr}")
    found = [dict(finding, repository=repository) for finding in json.loads(run.stdout)["diagnostics"]]
    return [finding for finding in found if (repository / finding["path"]).stat().st_size]  # empty: of --with-tree


def is_summary(path):
    """Of a plan: `.planning/research/SUMMARY.md` is another thing."""
    return path.name.upper().endswith("SUMMARY.MD") and path.parent.name != "research"


def a_copy(corpus, to, options):
    """A copy of the corpus in which every file of a TREE.txt exists, or no SUMMARY does, or both."""
    shutil.copytree(corpus, to, symlinks=True, copy_function=shutil.copyfile)
    for folder in [to, *to.rglob("*/")]:
        folder.chmod(0o755)
    for summary in [path for path in to.rglob("*") if options.unfinished and is_summary(path)]:
        summary.unlink()
    for tree in to.glob("*/TREE.txt") if options.with_tree else ():
        for line in tree.read_text(errors="surrogateescape").split("\n"):
            path = tree.parent / line
            if not line or ".." in path.parts or path.exists() or (options.unfinished and is_summary(path)):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return to


def in_turns(found, chance):
    """One finding of each repository, then a second of each, ..."""
    queues = collections.defaultdict(list)
    for finding in chance.sample(found, len(found)):
        queues[finding["repository"]].append(finding)
    queues = list(queues.values())
    while queues:
        yield from [queue.pop() for queue in queues]
        queues = [queue for queue in queues if queue]


def show(number, finding, around):
    path = finding["repository"] / finding["path"]
    line = finding["span"]["begin"]["line"]
    print(f"\n=== {number}. {finding['severity']} {finding['rule']}\n{path}:{line}\n{finding['message']}")
    print("help:", finding.get("help", ""))
    for label in finding["labels"]:
        print(f"also {label['path']}:{label['span']['begin']['line']}: {label['message']}")
    lines = path.read_text(errors="replace").split("\n")
    for at in range(max(1, line - around), min(len(lines), line + around) + 1):
        print(f"{'>' if at == line else ' '}{at:5} {lines[at - 1][:240]}")


def triage(gsdc, corpus, options):
    repositories = sorted(path for path in corpus.iterdir() if path.is_dir())
    found = [finding for repository in repositories for finding in findings(gsdc, repository, options)]
    by_rule = collections.defaultdict(list)
    for finding in found:
        if finding["severity"] != "note":
            by_rule[finding["severity"], finding["rule"]].append(finding)
    chance = random.Random(options.seed)
    sample = []
    for (severity, rule), all_of_it in sorted(by_rule.items()):
        limit = len(all_of_it) if severity == "error" and not options.strict else options.per_rule
        taken = list(in_turns(all_of_it, chance))[:limit]
        sample += taken
        if options.counts:
            print(f"{severity:8} {rule:28} {len(all_of_it):5} {len(taken):4}")
    if options.counts:
        print(f"{len(found)} findings, {len(sample)} in the sample, of {len({str(f['repository']) for f in sample})} repositories")
        return
    for number, finding in enumerate(sample, 1):
        show(number, finding, options.around)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--gsdc", default="gsdc", help="the program, or the path of it")
    parser.add_argument("--per-rule", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--around", type=int, default=3)
    parser.add_argument("--with-tree", action="store_true", help="as if the files of TREE.txt were there")
    parser.add_argument("--unfinished", action="store_true", help="as if no plan had been executed")
    parser.add_argument("--strict", action="store_true", help="with every rule, and all warnings as errors")
    parser.add_argument("--counts", action="store_true", help="only the number of findings and read ones per rule")
    options = parser.parse_args()

    gsdc = str(pathlib.Path(options.gsdc).resolve()) if "/" in options.gsdc else options.gsdc
    with tempfile.TemporaryDirectory() as scratch:
        copied = options.with_tree or options.unfinished
        corpus = a_copy(options.corpus, pathlib.Path(scratch) / "corpus", options) if copied else options.corpus
        triage(gsdc, corpus, options)


if __name__ == "__main__":
    main()
