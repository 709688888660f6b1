#!/usr/bin/env python3
"""How well the computed complexity agrees with people, against labels.tsv and what plans declare.

Every labelled task becomes a plan of its own, without what it declares, and gsdc scores it with both profiles. The
repositories are divided in two: the weights of the calibrated profile were fitted on one half (--fit does it again);
the other one was held out.
"""
import argparse
import csv
import json
import math
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROFILES = ("document", "calibrated")
MODELS = ("haiku", "sonnet", "opus")
TASK = re.compile(r"^[ \t]*<task\b([^>]*)>(.*?)^[ \t]*</task>", re.S | re.M)
DECLARED = re.compile(r"""(?<=\s)(model|complexity|estimated[-_]complexity)\s*=\s*("[^"]*"|'[^']*')""")
# Signals of one weight: what a task may be about.
SUBJECTS = ("concurrency", "transactions", "states", "parsing", "algorithm", "streaming", "caching", "failures",
            "research", "performance")
TRAITS = ("main-subject", "several-files", "code-and-tests", "many-steps", "much-to-read", "code-given", "no-program",
          "small-edit")
BANDS = {"simple": 3, "standard": 5}  # the words that the corpus declares


def model_of(score):
    return MODELS[0] if score <= 3 else MODELS[1] if score <= 8 else MODELS[2]


def tasks_of(path):
    """The open tag's attributes and the text of every task, in order."""
    text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    return [(match[1], match[0]) for match in TASK.finditer(text)]


def without_declarations(task):
    opening, rest = task.split(">", 1)
    opening = re.sub(r"\stype=\"checkpoint[^\"]*\"", "", DECLARED.sub("", opening))
    return f"{opening}>{rest}"


def score(gsdc, texts, profile):
    """Of every task: its score and how often each signal fired."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "gsdc.yaml")
        config.write_text(f"scoring:\n  profile: {profile}\n")
        for i, text in enumerate(texts, 1):
            phase = Path(folder, ".planning", "phases", f"{i:04}-task")
            phase.mkdir(parents=True)
            header = f"---\nphase: {i:04}-task\nplan: 01\ndepends_on: []\n---\n"
            Path(phase, f"{i:04}-01-PLAN.md").write_text(f"{header}<tasks>\n{text}\n</tasks>\n", encoding="utf-8")
        command = [gsdc, "--no-cache", "--config", str(config), "--rule-set", "none", "--force", "--emit", "manifest",
                   ".planning"]
        output = subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout
    found = {}
    for task in json.loads(output)["tasks"]:
        complexity = task["complexity"]
        assert complexity["source"] == "computed", task["id"]
        found.setdefault(int(task["plan"].split("-")[0]), complexity)
    return [(found[i]["score"], Counter(signal["name"] for signal in found[i]["signals"]))
            for i in range(1, len(texts) + 1)]


def fitting_half(repositories):
    """The repositories that may be looked at when the weights change; the others only count."""
    names = sorted(set(repositories))
    random.Random(20261123).shuffle(names)
    return set(names[:len(names) // 2])


# ---- fitting

def features(signals):
    return [sum(signals[name] for name in SUBJECTS)] + [signals[name] for name in TRAITS]


def fit(rows, labels, step=0.25, ridge=3):
    """Start and weights, in steps, with the least squared error: one or two are moved at a time while that helps."""
    def error(weights):
        return (sum((weights[0] + sum(w * x for w, x in zip(weights[1:], row)) - label) ** 2
                    for row, label in zip(rows, labels)) + ridge * sum(w * w for w in weights[1:]))

    weights = [3.0] + [0.0] * len(rows[0])
    moves = [((i, d),) for i in range(len(weights)) for d in (step, -step)]
    moves += [(a[0], b[0]) for a in moves for b in moves if a[0][0] < b[0][0]]
    best = error(weights)
    while True:
        def moved(move):
            changed = list(weights)
            for i, d in move:
                changed[i] += d
            return changed
        least, nearest = min((error(changed), changed) for changed in map(moved, moves))
        if least >= best - 1e-9:
            return weights
        best, weights = least, nearest


# ---- reports

def percent(part, whole):
    return f"{100 * part / whole:5.1f} %"


def report(name, labels, scores):
    count = len(labels)
    pairs = list(zip(labels, scores))
    print(f"  {name:12} mean absolute error {sum(abs(a - b) for a, b in pairs) / count:.2f}"
          f"   exact {percent(sum(a == b for a, b in pairs), count)}"
          f"   within one {percent(sum(abs(a - b) <= 1 for a, b in pairs), count)}"
          f"   model {percent(sum(model_of(a) == model_of(b) for a, b in pairs), count)}")


def confusion(name, labels, scores):
    seen = Counter((model_of(a), model_of(b)) for a, b in zip(labels, scores))
    print(f"  {name}: read -> computed  " + "  ".join(f"{a} -> {b} {n}" for (a, b), n in sorted(seen.items())))


def difference(name, labels, by_profile, other, repositories, draws=2000):
    """What `calibrated` is ahead of the other one, with an interval: repositories are drawn, not tasks."""
    groups = {}
    for repository, label, ours, theirs in zip(repositories, labels, by_profile["calibrated"], other):
        sums = groups.setdefault(repository, [0, 0, 0, 0])
        sums[0] += 1
        sums[1] += abs(theirs - label) - abs(ours - label)
        sums[2] += (abs(ours - label) <= 1) - (abs(theirs - label) <= 1)
        sums[3] += (model_of(ours) == model_of(label)) - (model_of(theirs) == model_of(label))
    chance = random.Random(1)
    drawn = [[sum(column) for column in zip(*chance.choices(list(groups.values()), k=len(groups)))] for _ in range(draws)]

    def interval(column, scale):
        values = sorted(scale * sums[column] / sums[0] for sums in drawn)
        return f"{values[draws // 40]:+.2f} to {values[-draws // 40 - 1]:+.2f}"

    print(f"  calibrated against {name}, 95 %: error less by {interval(1, 1)}, within one {interval(2, 100)} points, "
          f"model {interval(3, 100)} points")


def compare(title, labels, by_profile, repositories):
    print(f"{title}: {len(labels)} tasks; labels " +
          ", ".join(f"{label}: {n}" for label, n in sorted(Counter(labels).items())))
    report("always 3", labels, [3] * len(labels))
    for profile in PROFILES:
        report(profile, labels, by_profile[profile])
    difference("always 3", labels, by_profile, [3] * len(labels), repositories)
    difference("document", labels, by_profile, by_profile["document"], repositories)
    for profile in PROFILES:
        confusion(profile, labels, by_profile[profile])


def report_far(labels, scored):
    print(f"4 or more away from the label, of all {len(labels)}: " + ", ".join(
        f"{profile} {sum(abs(int(row['label']) - s) >= 4 for row, (s, _) in zip(labels, scored[profile]))}"
        for profile in PROFILES))


def report_readers(labels):
    twice = [(int(row["label"]), int(row["second label"])) for row in labels if row["second label"]]
    print(f"two readers: {len(twice)} tasks")
    report("agreement", *zip(*twice))


def declared_in(corpus):
    """Tasks of the corpus that say model= or complexity=, which of them, and their texts; one version of each."""
    found = {}
    for path in sorted(corpus.rglob("*PLAN*.md")):
        if "_history" in path.parts:
            continue
        for attributes, text in tasks_of(path):
            said = {name: value.strip("\"'") for name, value in DECLARED.findall(attributes)}
            if said.get("model") in MODELS:
                found[text] = said
    return found


def report_declared(title, declared, gsdc):
    texts = [without_declarations(text) for text in declared]
    print(f"{title}: {len(texts)} tasks that declare a model")
    for profile in PROFILES:
        scores = [s for s, _ in score(gsdc, texts, profile)]
        said = list(declared.values())
        right = sum(model_of(s) == d["model"] for s, d in zip(scores, said))
        print(f"  {profile:12} model {right} of {len(texts)}: " +
              " ".join(f"{d['model']}/{s}" for s, d in zip(scores, said)))
        numbers = [(BANDS.get(d[key]) or int(d[key]), s) for s, d in zip(scores, said)
                   for key in d if key != "model"]
        if numbers:
            print(f"  {'':12} declared complexity: within one "
                  f"{sum(abs(a - b) <= 1 for a, b in numbers)} of {len(numbers)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="?", type=Path, default=HERE.parents[2] / "shared" / "corpus")
    parser.add_argument("--gsdc", default=str(HERE.parents[1] / "build/dev/bin/gsdc"))
    parser.add_argument("--document", type=Path, help="the design document; beside the corpus by default")
    parser.add_argument("--fit", action="store_true", help="print the weights that the fitting half asks for")
    arguments = parser.parse_args()
    if not arguments.corpus.is_dir():
        print(f"skipped: there is no corpus at {arguments.corpus}")
        return
    if not Path(arguments.gsdc).is_file():
        sys.exit(f"there is no gsdc at {arguments.gsdc}; build it, or give --gsdc")
    gsdc = str(Path(arguments.gsdc).resolve())

    with open(HERE / "labels.tsv", encoding="utf-8") as file:
        labels = list(csv.DictReader(file, delimiter="\t"))
    texts = [without_declarations(tasks_of(arguments.corpus / row["repository"] / row["path"])
                                  [int(row["ordinal"]) - 1][1]) for row in labels]
    scored = {profile: score(gsdc, texts, profile) for profile in PROFILES}
    looked_at = fitting_half(row["repository"] for row in labels)

    def half(inside):
        return [i for i, row in enumerate(labels) if (row["repository"] in looked_at) == inside]

    if arguments.fit:
        chosen = half(True)
        weights = fit([features(scored["calibrated"][i][1]) for i in chosen], [int(labels[i]["label"]) for i in chosen])
        for name, weight in zip(("start", "subjects, each", *TRAITS), weights):
            print(f"{name:15} {weight:+.2f}")
        return
    for title, chosen in (("fitted on", half(True)), ("held out", half(False))):
        compare(title, [int(labels[i]["label"]) for i in chosen],
                {profile: [scored[profile][i][0] for i in chosen] for profile in PROFILES},
                [labels[i]["repository"] for i in chosen])
    report_far(labels, scored)
    report_readers(labels)
    report_declared("corpus", declared_in(arguments.corpus), gsdc)
    document = arguments.document or arguments.corpus.parent / "seed" / "self-optimizing-gsd-orchestrator.md"
    if document.is_file():
        example = {text: dict((name, value.strip("\"'")) for name, value in DECLARED.findall(attributes))
                   for attributes, text in tasks_of(document)}
        report_declared("the document's example",
                        {text: said for text, said in example.items() if said.get("model") in MODELS}, gsdc)


if __name__ == "__main__":
    main()
