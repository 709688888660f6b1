"""Random task sets and what the document's algorithms make of them: one JSON object a line.

    oracle_driver.py REFERENCE.py COUNT SEED
"""
import json
import random
import sys

source = open(sys.argv[1], encoding="utf-8").read().rsplit("\nmain()", 1)[0]
oracle = {"__name__": "oracle"}
exec(compile(source, sys.argv[1], "exec"), oracle)

rng = random.Random(int(sys.argv[3]))
WORDS = ("read understand review implement add address complex simple state management architecture design pattern "
         "large-scale refactor new service new table new layer research investigate validate security performance "
         "optimization fix prefix regex algorithm the a of test Button thread designer already padding").split()
FILES = ["a.ts", "b.ts", "src/c.ts", "src/d/e.py", "README.md"]


def text(longest):
    words = [rng.choice(WORDS) for _ in range(rng.randint(0, longest))]
    return " ".join(w.upper() if rng.random() < 0.1 else w for w in words)


for _ in range(int(sys.argv[2])):
    count = rng.randint(1, 12)
    acyclic = rng.random() < 0.85
    tasks = []
    for number in range(1, count + 1):
        others = [n for n in range(1, count + 1) if (n < number if acyclic else n != number)]
        deps = rng.sample(others, min(len(others), rng.choice([0, 0, 1, 1, 2, 3])))
        tasks.append({"number": number, "name": text(4), "files": ", ".join(rng.sample(FILES, rng.randint(0, 4))),
                      "action": text(12), "done": text(4), "depends_on": deps,
                      "estimated_tokens": rng.choice([None, rng.randrange(100, 90000)])})
    budget = rng.choice([200000, 20000, 60000, 1000000])
    groups = oracle["batches"](tasks)
    case = {"budget": budget, "tasks": tasks, "batches": groups}
    if groups is not None:
        scores, models = oracle["route"](tasks, [n for g in groups for n in g["tasks"]], budget)
        case["scores"], case["models"] = scores, models
    print(json.dumps(case))
