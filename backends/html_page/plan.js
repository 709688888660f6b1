
'use strict';
(() => {
  const $ = (selector) => document.querySelector(selector);
  const tasks = JSON.parse($('#data').textContent);
  const byTask = new Map(tasks.map((entry, index) => [entry.task, {...entry, index}]));
  document.documentElement.classList.add('js');
  for (const hidden of document.querySelectorAll('.screen[hidden]')) hidden.hidden = false;

  // One task is selected: its card is shown, its node marked, its source scrolled to.
  let selected = null;
  const parts = (task) => ['#task-', '#node-'].map((prefix) => $(prefix + task)).filter(Boolean);
  const lineOf = (task) => document.getElementById($('#task-' + task).dataset.line);
  function select(task) {
    if (selected !== null) for (const part of [...parts(selected), lineOf(selected)]) part?.classList.remove('selected');
    selected = task;
    for (const part of [...parts(task), lineOf(task)]) part?.classList.add('selected');
    const line = lineOf(task);
    if (line) line.parentElement.scrollTop = line.offsetTop - line.parentElement.offsetTop - 40;
    $('#selected').textContent = 'Shown: ' + $('#task-' + task + ' h3').textContent;
  }
  const taskIn = (hash) => {
    const found = /^#task-(\d+)$/.exec(hash);
    return found && byTask.has(Number(found[1])) ? Number(found[1]) : null;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a');
    const task = link && taskIn(link.getAttribute('href') || '');
    if (task === null || task === undefined) return;
    event.preventDefault();
    if (dragged && event.detail > 0) return;  // 0: the keyboard's
    select(task);
    history.replaceState(null, '', '#task-' + task);
    const card = $('#task-' + task);
    const box = card.getBoundingClientRect();
    if (box.top < 0 || box.top > innerHeight * 0.8) card.scrollIntoView({block: 'start'});
    if (!link.closest('.picture')) card.focus({preventScroll: true});
  });
  addEventListener('hashchange', () => taskIn(location.hash) !== null && select(taskIn(location.hash)));
  $('#all').addEventListener('click', (event) => {
    const all = $('.cards').classList.toggle('all');
    event.target.setAttribute('aria-pressed', all);
  });

  // Arrow keys: up and down along the dependencies, left and right in the order of the plan.
  $('#graph').addEventListener('keydown', (event) => {
    const node = event.target.closest('.node');
    if (!node) return;
    const here = byTask.get(Number(node.id.slice(5)));
    const next = {
      ArrowUp: here.before[0], ArrowDown: here.after[0],
      ArrowLeft: tasks[here.index - 1]?.task, ArrowRight: tasks[here.index + 1]?.task,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    $('#node-' + next + ' a').focus();
    select(next);
  });

  // The view box is what is moved and scaled, so that lines and letters stay sharp.
  const picture = $('.picture'), svg = picture?.querySelector('svg');
  let dragged = false;
  if (svg) {
    const whole = svg.viewBox.baseVal;
    // A small graph is not blown up: the box is as wide as the page, the drawing as large as it was made.
    const room = Math.max(picture.clientWidth / svg.width.baseVal.value, 1);
    const fit = {x: whole.x - whole.width * (room - 1) / 2, y: whole.y, width: whole.width * room, height: whole.height};
    svg.removeAttribute('width');
    svg.removeAttribute('height');
    let view = {...fit};
    const show = () => svg.setAttribute('viewBox', [view.x, view.y, view.width, view.height].join(' '));
    show();
    const zoom = (factor, at) => {
      if (!factor) view = {...fit};
      else {
        const width = Math.min(Math.max(view.width / factor, 60), fit.width * 4);
        const scale = width / view.width;
        view.x = at.x - (at.x - view.x) * scale;
        view.y = at.y - (at.y - view.y) * scale;
        view.width = width;
        view.height *= scale;
      }
      show();
    };
    const pointAt = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    for (const button of document.querySelectorAll('[data-zoom]'))
      button.addEventListener('click', () =>
        zoom(Number(button.dataset.zoom), {x: view.x + view.width / 2, y: view.y + view.height / 2}));
    // A plain wheel scrolls the page, as everywhere.
    picture.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, pointAt(event));
    }, {passive: false});
    const pointers = new Map();  // that are down
    // A task that gets the focus, not by a pointer, is moved into sight.
    picture.addEventListener('focusin', (event) => {
      const node = event.target.closest('.node')?.getBoundingClientRect(), frame = picture.getBoundingClientRect();
      if (!node || pointers.size > 0 || (node.left >= frame.left && node.right <= frame.right && node.top >= frame.top && node.bottom <= frame.bottom)) return;
      const scale = svg.getScreenCTM().a;
      view.x += ((node.left + node.right) / 2 - (frame.left + frame.right) / 2) / scale;
      view.y += ((node.top + node.bottom) / 2 - (frame.top + frame.bottom) / 2) / scale;
      show();
    });
    picture.addEventListener('pointerdown', (event) => {
      dragged = false;
      pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    });
    addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const dx = event.clientX - before.x, dy = event.clientY - before.y;
      if (!dragged && Math.hypot(dx, dy) < 5) return;
      dragged = true;
      picture.classList.add('dragged');
      const scale = svg.getScreenCTM().a;
      if (pointers.size === 1) {
        view.x -= dx / scale;
        view.y -= dy / scale;
        show();
      } else if (pointers.size === 2) {
        const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
        const distance = (point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
        zoom(distance({x: event.clientX, y: event.clientY}) / distance(before), pointAt(event));
      }
      pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    });
    const drop = (event) => {
      pointers.delete(event.pointerId);
      picture.classList.remove('dragged');
    };
    addEventListener('pointerup', drop);
    addEventListener('pointercancel', drop);
    picture.addEventListener('dragstart', (event) => event.preventDefault());
  }
  const first = taskIn(location.hash) ?? tasks[0]?.task;
  if (first !== undefined) select(first);
})();
