"""Writes a plan of N tasks with three dependencies each, of the size of real ones: generate.py N FILE."""
import random
import sys

count, path = int(sys.argv[1]), sys.argv[2]
rng = random.Random(count)
WORDS = ("add the field to the model and return it from the endpoint then validate the input with the shared helper "
         "keep the function small handle the empty list write the error in the log and cover it with a test").split()
with open(path, "w", encoding="utf-8") as out:
    out.write("---\nphase: 01-generated\nplan: 01\ntype: execute\nwave: 1\ndepends_on: []\nautonomous: true\n---\n\n"
              "<objective>\nA generated plan.\n</objective>\n\n<tasks>\n\n")
    for n in range(1, count + 1):
        near = sorted({max(1, n - rng.randint(1, 40)) for _ in range(4)} - {n})[-3:]
        deps = ",".join(str(d) for d in near if d < n)
        action = " ".join(rng.choice(WORDS) for _ in range(rng.randint(30, 90)))
        out.write(f'<task type="auto" depends-on="{deps}">\n  <name>Task {n}: Piece {n}</name>\n'
                  f"  <files>src/part{n % 97}/piece{n}.ts, src/part{n % 97}/piece{n}.test.ts</files>\n"
                  f"  <action>\n{action}. Use `piece{n}()` and <b>nothing</b> else && stop.\n\n```ts\nexport function piece{n}() "
                  f"{{ return {n}; }}\n```\n  </action>\n"
                  f"  <verify><automated>npm test -- piece{n}</automated></verify>\n  <done>Piece {n} works</done>\n</task>\n\n")
    out.write("</tasks>\n")
