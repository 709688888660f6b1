"""Writes a plan of N tasks with three dependencies each: generate.py N FILE [lean]

Tasks are as long as real ones (three kilobytes, a third of it code); lean ones are as short as tasks can be.
"""
import random
import sys

count, path = int(sys.argv[1]), sys.argv[2]
lean = len(sys.argv) > 3
rng = random.Random(count)
WIDTH = 100
WORDS = ("add the field to the model and return it from the endpoint then validate the input with the shared helper "
         "keep the function small handle the empty list write the error in the log and cover it with a test").split()


def prose(words):
    return " ".join(rng.choice(WORDS) for _ in range(words))


# A hundred bodies, used over and over: the generator must not take longer than what it feeds.
BODIES = []
for _ in range(100):
    lines = "".join(f"  const item{i} = Map<string, Part>(list[{i}] && {i} < limit);\n" for i in range(rng.randint(5, 30)))
    points = "".join(f"- {prose(rng.randint(8, 24))} in `src/lib/helper{i}.ts`.\n" for i in range(rng.randint(3, 10)))
    BODIES.append(f"{prose(rng.randint(40, 120))}.\n\n{points}\n```ts\nexport function piece(list: Part[]) {{\n{lines}}}\n```\n\n"
                  f"{prose(rng.randint(20, 80))}.")

with open(path, "w", encoding="utf-8") as out:
    out.write("---\nphase: 01-generated\nplan: 01\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: []\n"
              "autonomous: true\nmust_haves:\n  truths: []\n---\n\n<objective>\nA generated plan.\n</objective>\n\n<tasks>\n\n")
    for n in range(1, count + 1):
        # Layers of a hundred; each task waits for three of the layer before, so that no edge follows from others.
        above = (n - 1) // WIDTH * WIDTH - WIDTH
        deps = ",".join(str(above + (n + k) % WIDTH + 1) for k in range(3)) if above >= 0 else ""
        if lean:
            out.write(f'<task type="auto" depends-on="{deps}">\n<name>Task {n}: Piece {n}</name>\n<files>src/piece{n}.ts</files>\n'
                      f"<action>Write piece {n}.</action>\n<verify>npm test</verify>\n<done>It works</done>\n</task>\n")
            continue
        out.write(f'<task type="auto" depends-on="{deps}">\n  <name>Task {n}: Piece {n}</name>\n'
                  f"  <files>src/part{n % 97}/piece{n}.ts, src/part{n % 97}/piece{n}.test.ts</files>\n"
                  f"  <action>\n{BODIES[n % 100]}\n  </action>\n"
                  f"  <verify>\n    <automated>npm test -- piece{n} && npm run lint</automated>\n  </verify>\n"
                  f"  <done>Piece {n} works and {prose(8)}</done>\n</task>\n\n")
    out.write("</tasks>\n")
