// SPDX-License-Identifier: Apache-2.0
//
// Connects what the user does with what is drawn. Texts of a run may come from
// anybody: they become text nodes and never markup.
'use strict';

const runs = [...document.querySelectorAll('script[type="application/json"]')]
  .map(element => new Run(JSON.parse(element.textContent)));
const filter = new Filter();
const stage = document.getElementById('stage');
const painter = new Painter(document.getElementById('canvas'), runs, filter);
const LIST_MAX = 150;

let pending = false;
function redraw() {
  if (pending)
    return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    painter.draw();
    fillList();
  });
}

function setWindow(from, to) {
  const span = Math.min(Math.max(to - from, 20), painter.end);
  painter.from = Math.min(Math.max(0, from), painter.end - span);
  painter.to = painter.from + span;
  redraw();
}

function zoom(factor, around = (painter.from + painter.to) / 2) {
  setWindow(around - (around - painter.from) * factor, around + (painter.to - around) * factor);
}

/// What has to be seen to understand a failure: the last fault of all, what came
/// shortly before it, and what followed.
function showEnd() {
  const times = [];
  const d = runs[0].marks;
  for (let i = 0; i < d.length; i += MARK.size)
    if (d[i + MARK.kind] === KIND.fault)
      times.push(d[i]);
  const first = times.length > 4 ? times[times.length - 4] : 0;
  const last = times.length > 0 ? times[times.length - 1] : painter.end;
  setWindow(first - (last - first) * .05, Math.min(painter.end, last + (last - first) * .3 + 1e6));
}

/// Where the faults are: a test that waits long afterwards does not press them
/// into a corner.
function showFaults() {
  let last = 0;
  for (const run of runs)
    for (let i = 0; i < run.marks.length; i += MARK.size)
      if (run.marks[i + MARK.kind] === KIND.fault)
        last = Math.max(last, run.marks[i]);
  setWindow(0, last > 0 && last < painter.end * .8 ? last * 1.15 : painter.end);
}

// -- what an entry says --------------------------------------------------------

const KIND_NAMES = ['fault', 'starts', 'is told to stop', 'crashes', 'failure', 'note', 'peer up', 'peer down'];

function describe({index, kind, i}) {
  const run = runs[index];
  if (kind === 'message') {
    const d = run.messages;
    return [['message', `${run.nodes[d[i + MESSAGE.from]]} → ${run.nodes[d[i + MESSAGE.to]]}`],
            ['channel', channelName(d[i + MESSAGE.channel])],
            ['sent', seconds(d[i + MESSAGE.sent])], ['arrived', seconds(d[i])],
            ['took', ((d[i] - d[i + MESSAGE.sent]) / 1000).toFixed(3) + ' ms'],
            ['bytes', d[i + MESSAGE.bytes]], ['fault', FATES[d[i + MESSAGE.fate]]],
            [null, run.text(d[i + MESSAGE.content])]];
  }
  if (kind === 'step') {
    const d = run.steps;
    const actor = (name, id) => run.text(d[i + name]) ? `${run.text(d[i + name])}#${d[i + id]}` : '-';
    return [['at', seconds(d[i])], ['node', d[i + STEP.node] < 0 ? 'test' : run.nodes[d[i + STEP.node]]],
            ['actor', actor(STEP.to, STEP.toId)], ['from', actor(STEP.from, STEP.fromId)],
            ['types', run.text(d[i + STEP.types])], [null, run.text(d[i + STEP.content])]];
  }
  const d = run.marks;
  return [['at', seconds(d[i])], ['what', KIND_NAMES[d[i + MARK.kind]]],
          ['node', d[i + MARK.node] < 0 ? '' : run.nodes[d[i + MARK.node]]],
          [null, run.text(d[i + MARK.text])]];
}

function select(what) {
  painter.selected = what;
  const details = document.getElementById('details');
  details.replaceChildren();
  const list = document.createElement('dl');
  for (const [name, value] of describe(what)) {
    if (value === '' || value === undefined)
      continue;
    if (name === null) {
      const block = document.createElement('pre');
      block.textContent = value;
      details.append(list, block);
    } else {
      const term = document.createElement('dt');
      const text = document.createElement('dd');
      term.textContent = name;
      text.textContent = value;
      list.append(term, text);
    }
  }
  details.prepend(list);
  redraw();
}

// -- the list beside the picture -------------------------------------------------

function inWindow() {
  const found = [];
  runs.forEach((run, index) => {
    const collect = (data, shape, kind, wanted) => {
      const first = lowerBound(data, shape, painter.from) * shape.size;
      for (let i = first, n = 0; i < data.length && data[i] <= painter.to && n < LIST_MAX; i += shape.size)
        if (wanted(i)) {
          found.push({index, kind, i, t: data[i]});
          ++n;
        }
    };
    const many = lowerBound(run.marks, MARK, painter.to) - lowerBound(run.marks, MARK, painter.from) > LIST_MAX;
    collect(run.marks, MARK, 'mark', i => filter.mark(run, i)
      && (!many || filter.contents || run.marks[i + MARK.kind] <= KIND.failure));
    // Of a long time, only what changes the network.
    if (found.length + painter.drawn[1] <= LIST_MAX || filter.contents)
      collect(run.messages, MESSAGE, 'message', i => filter.message(run, i));
    if (filter.actor)
      collect(run.steps, STEP, 'step', i => filter.step(run, i));
  });
  return found.sort((a, b) => a.t - b.t).slice(0, LIST_MAX);
}

function fillList() {
  const list = document.getElementById('list');
  const found = inWindow();
  list.replaceChildren(...found.map(what => {
    const item = document.createElement('li');
    const words = describe(what).filter(([name]) => !['at', 'sent', 'arrived', 'took', 'bytes'].includes(name)).map(([, value]) => value);
    item.textContent = `${(what.t / 1e6).toFixed(3)}  ${words.join(' ')}`.slice(0, 160);
    if (what.kind === 'mark')
      item.className = ['fault', '', '', 'fault', 'failure'][runs[what.index].marks[what.i + MARK.kind]] || '';
    item.onclick = () => select(what);
    return item;
  }));
  const [arrows, all] = painter.drawn;
  document.getElementById('list-title').textContent = `in this window: ${all} messages`
    + (arrows ? '' : ', too many for arrows: zoom in') + (found.length === LIST_MAX ? `; the first ${LIST_MAX} entries` : '');
}

// -- finding what was clicked ------------------------------------------------------

function distanceToArrow(index, i, x, y) {
  const d = runs[index].messages;
  const [x0, y0] = [painter.x(d[i + MESSAGE.sent]), painter.y(index, d[i + MESSAGE.from])];
  const [x1, y1] = [painter.x(d[i]), painter.y(index, d[i + MESSAGE.to])];
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const along = length ? Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length)) : 0;
  return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
}

function hit(x, y) {
  let best = null;
  let least = 9;
  const offer = (distance, what) => {
    if (distance < least) {
      least = distance;
      best = what;
    }
  };
  const [early, late] = [painter.time(x - 12), painter.time(x + 12)];
  runs.forEach((run, index) => {
    const scan = (data, shape, from, to, visit) => {
      for (let i = lowerBound(data, shape, from) * shape.size; i < data.length && data[i] <= to; i += shape.size)
        visit(i);
    };
    scan(run.marks, MARK, early, late, i => {
      const d = run.marks;
      if (!filter.mark(run, i))
        return;
      const node = d[i + MARK.node];
      const above = y < painter.tops[index] + FAULTS + RULER && y > painter.tops[index];
      offer(Math.abs(painter.x(d[i]) - x) + (node < 0 ? (above ? 0 : 4) : Math.abs(painter.y(index, node) - y)) - 2,
            {index, kind: 'mark', i});
    });
    scan(run.messages, MESSAGE, early, late + run.longest, i => {
      if (run.messages[i + MESSAGE.sent] <= late && filter.message(run, i))
        offer(distanceToArrow(index, i, x, y), {index, kind: 'message', i});
    });
    scan(run.steps, STEP, early, late, i => {
      const d = run.steps;
      if (d[i + STEP.node] >= 0 && filter.step(run, i))
        offer(1 + Math.hypot(painter.x(d[i]) - x, painter.y(index, d[i + STEP.node]) - y), {index, kind: 'step', i});
    });
  });
  return best;
}

/// The next entry of the same kind and lane.
function walk(forward) {
  const what = painter.selected;
  if (!what)
    return;
  const run = runs[what.index];
  const [data, shape, field] = what.kind === 'step' ? [run.steps, STEP, STEP.node]
    : what.kind === 'message' ? [run.messages, MESSAGE, MESSAGE.to] : [run.marks, MARK, MARK.node];
  const lane = data[what.i + field];
  const move = forward ? shape.size : -shape.size;
  for (let i = what.i + move; i >= 0 && i < data.length; i += move)
    if (data[i + field] === lane && filter[what.kind](run, i)) {
      if (data[i] < painter.from || data[i] > painter.to)
        setWindow(data[i] - (painter.to - painter.from) / 2, data[i] + (painter.to - painter.from) / 2);
      select({...what, i});
      return;
    }
}

// -- controls ------------------------------------------------------------------------

function chips(place, names, hidden, colour) {
  document.getElementById(place).replaceChildren(...names.map(([key, name]) => {
    const chip = document.createElement('button');
    chip.className = 'chip';
    if (colour) {
      const dot = document.createElement('i');
      dot.style.background = colour(key);
      chip.append(dot);
    }
    chip.append(name);
    chip.title = 'click: hide or show; double click: only this one';
    chip.onclick = () => {
      if (!hidden.delete(key))
        hidden.add(key);
      update();
    };
    chip.ondblclick = () => {
      hidden.clear();
      names.forEach(([other]) => other !== key && hidden.add(other));
      update();
    };
    const update = () => {
      for (const [n, each] of [...chip.parentElement.children].entries())
        each.classList.toggle('off', hidden.has(names[n][0]));
      redraw();
    };
    return chip;
  }));
}

function bind(id, field, event, value) {
  const element = document.getElementById(id);
  element.addEventListener(event, () => {
    filter[field] = value(element);
    redraw();
  });
}

function begin() {
  document.title = document.getElementById('title').textContent
    = runs.map(run => `seed ${run.seed}`).join(' beside ') + `, ${seconds(painter.end)} of simulated time`;
  const verdict = document.getElementById('verdict');
  const failures = runs.filter(run => run.failure).map(run => (runs.length > 1 ? `seed ${run.seed}: ` : '') + run.failure);
  verdict.textContent = failures.join('\n') || 'nothing failed';
  verdict.className = failures.length ? 'bad' : '';
  const left = runs.reduce((sum, run) => sum + run.left_out, 0);
  if (left > 0)
    verdict.textContent += `\n${left} further entries are left out`;
  chips('channels', painter.channels.map(channel => [channel, channelName(channel)]), filter.hiddenChannels,
        channel => painter.colour(channel));
  const most = runs.reduce((a, b) => (a.nodes.length > b.nodes.length ? a : b)).nodes;
  chips('nodes', most.map((name, node) => [node, most.length > 12 ? String(node) : name]), filter.hiddenNodes);
  bind('show-messages', 'messages', 'change', e => e.checked);
  bind('show-steps', 'steps', 'change', e => e.checked);
  bind('show-links', 'links', 'change', e => e.checked);
  bind('actor', 'actor', 'input', e => e.value);
  bind('text', 'contents', 'input', e => e.value);
  document.getElementById('fit').onclick = () => setWindow(0, painter.end);
  document.getElementById('in').onclick = () => zoom(.5);
  document.getElementById('out').onclick = () => zoom(2);
  document.getElementById('end').onclick = showEnd;

  const resize = () => {
    painter.resize(stage.clientWidth, stage.clientHeight);
    redraw();
  };
  window.addEventListener('resize', resize);
  resize();

  const canvas = painter.canvas;
  canvas.addEventListener('wheel', event => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : .8, painter.time(event.offsetX));
  }, {passive: false});
  let drag = null;
  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId);
    drag = {x: event.offsetX, from: painter.from, to: painter.to, moved: false,
            overview: event.offsetY > painter.height - OVERVIEW};
    if (drag.overview)
      jump(event.offsetX);
  });
  const jump = x => {
    const middle = (x - GUTTER) / (painter.width - GUTTER - 8) * painter.end;
    const half = (painter.to - painter.from) / 2;
    setWindow(middle - half, middle + half);
  };
  canvas.addEventListener('pointermove', event => {
    if (!drag)
      return;
    drag.moved = drag.moved || Math.abs(event.offsetX - drag.x) > 3;
    if (drag.overview)
      jump(event.offsetX);
    else if (drag.moved) {
      const shift = (event.offsetX - drag.x) / (painter.width - GUTTER - 8) * (drag.to - drag.from);
      setWindow(drag.from - shift, drag.to - shift);
    }
  });
  canvas.addEventListener('pointerup', event => {
    if (drag && !drag.moved && !drag.overview) {
      const found = hit(event.offsetX, event.offsetY);
      if (found)
        select(found);
    }
    drag = null;
  });
  document.addEventListener('keydown', event => {
    if (event.target.tagName === 'INPUT' && event.target.type !== 'checkbox')
      return;
    const actions = {'0': () => setWindow(0, painter.end), '+': () => zoom(.5), '-': () => zoom(2), e: showEnd,
                     ArrowRight: () => walk(true), ArrowLeft: () => walk(false)};
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });
}

begin();
showFaults();
// For whoever looks at a page without hands: `#all`, `#end`, or `#from-to` in
// seconds.
if (location.hash === '#end')
  showEnd();
else if (location.hash === '#all')
  setWindow(0, painter.end);
else if (/^#[\d.]+-[\d.]+$/.test(location.hash))
  setWindow(...location.hash.slice(1).split('-').map(s => Number(s) * 1e6));
