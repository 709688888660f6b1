#!/bin/bash
# Stands in for a coding agent in tests/whole_way/run: does each task of the sample project, makes the mistakes
# that agents make, and reports what it used. $TALK is a folder through which it and the test meet.
cat > /dev/null
n=$GSD_TASK:$GSD_ATTEMPT

report() { # text, input, output, cache creation and cache read tokens
  printf '{"text": "%s", "tokens": {"input": %d, "output": %d, "cache_creation": %d, "cache_read": %d}}\n' "$@" > "$GSD_RESULT"
}
wait_for() {
  for _ in $(seq 1500); do
    if eval "$1"; then return; fi
    sleep 0.02
  done
  echo "waited in vain for: $1" >&2
  exit 1
}
# Where every agent adds its line, and where work that was done side by side meets.
note() { sed -i "2a - $1" CHANGELOG.md; }

case $n in
  03-01:1:*)
    cat > src/link.js <<'JS'
import { SLUG } from './types.js';
export function makeLink(slug, url) {
  if (!SLUG.test(slug)) throw new RangeError(`not a slug: ${slug}`);
  return { slug, url: new URL(url).href, created: Date.now() };
}
JS
    report 'makeLink in src/link.js' 2100 900 3000 11000 ;;
  03-01:2:*)
    cat > src/store.js <<'JS'
export class Store {
  links = new Map();
  put(link) { this.links.set(link.slug, link); }
  get(slug) { return this.links.get(slug); }
}
JS
    note 'links are stored'
    report 'class Store in src/store.js' 2500 1200 3100 14000 ;;
  03-02:1:*)
    # On its first attempt it is slower than 03-01:2, and does not see what that one has written meanwhile.
    [[ $GSD_ATTEMPT == 1 ]] && wait_for '[[ -n $(git log --all --format=%h --grep="Gsd-Task: 03-01:2") ]]'
    cat > src/redirect.js <<'JS'
export function redirect(store, slug) {
  const link = store.get(slug);
  return link ? { status: 301, location: link.url } : { status: 404 };
}
JS
    note 'visitors are redirected'
    report 'redirect in src/redirect.js' 2300 1000 3000 12000 ;;
  03-02:2:1) # what a small model may forget
    echo 'export class Limit { tokens = new Map(); }' > src/limit.js
    report 'class Limit' 1900 700 2900 9000 ;;
  03-02:2:*)
    cat > src/limit.js <<'JS'
export class Limit {
  tokens = new Map();
  forget(before) { for (const [a, t] of this.tokens) if (t.at < before) this.tokens.delete(a); }
}
JS
    report 'class Limit, which forgets quiet addresses' 3900 1600 3300 21000 ;;
  03-03:1:1) # killed with the runner
    touch "$TALK/serving"
    sleep 100 ;;
  03-03:1:*)
    echo "import { createServer } from 'node:http';" > src/server.js
    report 'the service in src/server.js' 4100 2100 3900 30000 ;;
  03-03:3:*)
    printf '\nStart it with `node src/server.js`; it answers on port 8080.\n' >> README.md
    report 'how to start it' 1500 400 2800 8000 ;;
  *)
    echo "no such task: $n" >&2
    exit 1 ;;
esac
