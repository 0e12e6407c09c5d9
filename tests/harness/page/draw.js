// SPDX-License-Identifier: Apache-2.0
//
// Draws a window of time, and only what is in it. Where there is more than a
// pixel can show, it shows how much there is.
'use strict';

const GUTTER = 84;
const FAULTS = 64;
const RULER = 20;
const PALETTE = ['#2f6fdb', '#0a8f6a', '#a24bd1', '#c77700', '#0891a8', '#b8327d', '#5a7d12', '#6b5bd2'];
const RED = '#c4001d';
const GREEN = '#17864a';
const AMBER = '#b36b00';
const ARROWS_MAX = 2500;

class Painter {
  constructor(canvas, runs, filter) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.runs = runs;
    this.filter = filter;
    this.end = Math.max(...runs.map(run => run.end), 1);
    this.from = 0;
    this.to = this.end;
    this.selected = null;
    this.drawn = [true, 0];
    this.divergence = runs.length === 2 ? firstDivergence(runs[0], runs[1]) : null;
    this.channels = [...new Set(runs.flatMap(run => run.channels))];
    this.activity = null;
  }

  colour(channel) {
    return PALETTE[this.channels.indexOf(channel) % PALETTE.length];
  }

  resize(width, height) {
    const scale = window.devicePixelRatio || 1;
    const lanes = this.runs.reduce((sum, run) => sum + run.nodes.length, 0);
    const fixed = (FAULTS + RULER) * this.runs.length + OVERVIEW;
    this.lane = Math.max(14, Math.min(90, (height - fixed) / lanes));
    this.width = width;
    this.height = Math.max(height, fixed + lanes * this.lane);
    this.canvas.width = width * scale;
    this.canvas.height = this.height * scale;
    this.canvas.style.width = width + 'px';
    this.canvas.style.height = this.height + 'px';
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    let top = 0;
    this.tops = this.runs.map(run => {
      const own = top;
      top += FAULTS + RULER + run.nodes.length * this.lane;
      return own;
    });
  }

  x(t) {
    return GUTTER + (t - this.from) / (this.to - this.from) * (this.width - GUTTER - 8);
  }

  time(x) {
    return this.from + (x - GUTTER) / (this.width - GUTTER - 8) * (this.to - this.from);
  }

  y(index, node) {
    return this.tops[index] + FAULTS + RULER + (node + .5) * this.lane;
  }

  draw() {
    const c = this.context;
    c.clearRect(0, 0, this.width, this.height);
    c.font = '11px system-ui, sans-serif';
    this.runs.forEach((run, index) => {
      this.drawLanes(run, index);
      this.drawRuler(index);
      c.save();
      c.beginPath();
      c.rect(GUTTER, 0, this.width - GUTTER, this.height);
      c.clip();
      if (this.filter.steps)
        this.drawSteps(run, index);
      if (this.filter.messages)
        this.drawMessages(run, index);
      this.drawMarks(run, index);
      c.restore();
    });
    this.drawSelection();
    drawOverview(this);
  }

  drawLanes(run, index) {
    const c = this.context;
    c.textBaseline = 'middle';
    run.nodes.forEach((name, node) => {
      const y = this.y(index, node);
      const hidden = this.filter.hiddenNodes.has(node);
      if (run.blamed.has(node)) {
        c.fillStyle = '#fdeaec';
        c.fillRect(0, y - this.lane / 2, this.width, this.lane);
      }
      for (const [begin, end] of run.outages[node]) {
        if (end < this.from || begin > this.to)
          continue;
        const left = Math.max(GUTTER, this.x(begin));
        const right = Math.min(this.width, this.x(end));
        c.fillStyle = '#e3e6ea';
        c.fillRect(left, y - this.lane * .42, Math.max(1, right - left), this.lane * .84);
        if (right - left > 50 && this.lane > 20) {
          c.fillStyle = '#6b7785';
          c.fillText('not running', left + 6, y);
        }
      }
      c.strokeStyle = hidden ? '#eef0f2' : '#c3c9d0';
      c.beginPath();
      c.moveTo(GUTTER, y);
      c.lineTo(this.width, y);
      c.stroke();
      c.fillStyle = hidden ? '#b7bec6' : run.blamed.has(node) ? RED : '#1d2733';
      c.fillText(name, 10, y);
    });
  }

  drawRuler(index) {
    const c = this.context;
    const y = this.tops[index] + FAULTS;
    const span = this.to - this.from;
    let step = 10 ** Math.floor(Math.log10(span / 5));
    while (span / step > 12)
      step *= span / step > 24 ? 5 : 2;
    const digits = Math.max(0, -Math.floor(Math.log10(step / 1e6) + 1e-9));
    c.textBaseline = 'middle';
    c.textAlign = 'center';
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      const x = this.x(t);
      c.strokeStyle = '#eef0f3';
      c.beginPath();
      c.moveTo(x, y + RULER);
      c.lineTo(x, y + RULER + this.runs[index].nodes.length * this.lane);
      c.stroke();
      c.fillStyle = '#6b7785';
      c.fillText((t / 1e6).toFixed(digits) + ' s', x, y + RULER / 2);
    }
    c.textAlign = 'left';
    c.fillStyle = '#6b7785';
    c.fillText(this.runs.length > 1 ? 'seed ' + this.runs[index].seed : '', 10, y + RULER / 2);
    c.fillText('faults', 10, y - FAULTS / 2);
  }

  /// How often the actors of a node took a message, as a bar for each pixel.
  drawSteps(run, index) {
    const c = this.context;
    const d = run.steps;
    const bins = run.nodes.map(() => new Map());
    const last = lowerBound(d, STEP, this.to) * STEP.size;
    for (let i = lowerBound(d, STEP, this.from) * STEP.size; i < last; i += STEP.size) {
      const node = d[i + STEP.node];
      if (node < 0 || !this.filter.step(run, i))
        continue;
      const x = Math.round(this.x(d[i]));
      bins[node].set(x, (bins[node].get(x) || 0) + 1);
    }
    c.fillStyle = 'rgba(70, 90, 115, .38)';
    bins.forEach((bin, node) => {
      const y = this.y(index, node);
      for (const [x, count] of bin)
        c.fillRect(x, y, 1.4, Math.min(this.lane * .42, 2 + 2 * Math.log2(count + 1)));
    });
  }

  drawMessages(run, index) {
    const c = this.context;
    const d = run.messages;
    const last = lowerBound(d, MESSAGE, this.to + run.longest) * MESSAGE.size;
    const seen = [];
    for (let i = lowerBound(d, MESSAGE, this.from) * MESSAGE.size; i < last; i += MESSAGE.size)
      if (d[i + MESSAGE.sent] <= this.to && this.filter.message(run, i))
        seen.push(i);
    this.drawn = [seen.length <= ARROWS_MAX, seen.length];
    if (seen.length > ARROWS_MAX)
      this.drawTicks(run, index, seen);
    else
      this.drawArrows(run, index, seen);
  }

  drawArrows(run, index, seen) {
    const c = this.context;
    const d = run.messages;
    const paths = new Map();
    for (const i of seen) {
      const channel = d[i + MESSAGE.channel];
      if (d[i + MESSAGE.fate] === LOST)
        continue;
      if (!paths.has(channel))
        paths.set(channel, new Path2D());
      this.addArrow(paths.get(channel), run, index, i, true);
    }
    c.globalAlpha = seen.length > 600 ? .45 : .85;
    for (const [channel, path] of paths) {
      c.strokeStyle = this.colour(channel);
      c.stroke(path);
    }
    c.globalAlpha = 1;
    for (const i of seen)
      if (d[i + MESSAGE.fate] > 0)
        this.drawOdd(run, index, i);
  }

  /// Too many for lines: what arrives where, below the lane of who hears it.
  drawTicks(run, index, seen) {
    const c = this.context;
    const d = run.messages;
    const bins = new Map();
    for (const i of seen) {
      const lost = d[i + MESSAGE.fate] === LOST;
      const key = [d[i + MESSAGE.to], lost ? -1 : d[i + MESSAGE.channel], Math.round(this.x(d[i]))].join();
      bins.set(key, (bins.get(key) || 0) + 1);
    }
    for (const [key, count] of bins) {
      const [node, channel, x] = key.split(',').map(Number);
      c.globalAlpha = channel < 0 ? 1 : Math.min(.9, .3 + .15 * count);
      c.fillStyle = channel < 0 ? RED : this.colour(channel);
      c.fillRect(x, this.y(index, node), 1.4, -Math.min(this.lane * .44, 3 + 3 * Math.log2(count + 1)));
    }
    c.globalAlpha = 1;
  }

  addArrow(path, run, index, i, head) {
    const d = run.messages;
    const [x0, y0] = [this.x(d[i + MESSAGE.sent]), this.y(index, d[i + MESSAGE.from])];
    const [x1, y1] = [this.x(d[i]), this.y(index, d[i + MESSAGE.to])];
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
    if (!head)
      return;
    const angle = Math.atan2(y1 - y0, x1 - x0);
    for (const turn of [2.7, -2.7]) {
      path.moveTo(x1, y1);
      path.lineTo(x1 + 6 * Math.cos(angle + turn), y1 + 6 * Math.sin(angle + turn));
    }
  }

  /// What a fault did to a message.
  drawOdd(run, index, i) {
    const c = this.context;
    const d = run.messages;
    const path = new Path2D();
    this.addArrow(path, run, index, i, false);
    c.setLineDash([4, 3]);
    c.strokeStyle = d[i + MESSAGE.fate] === LOST ? RED : AMBER;
    c.stroke(path);
    c.setLineDash([]);
    this.symbol(d[i + MESSAGE.fate] === LOST ? '✕' : d[i + MESSAGE.fate] === 2 ? '◷' : '×2',
                this.x(d[i]), this.y(index, d[i + MESSAGE.to]), c.strokeStyle);
  }

  symbol(text, x, y, colour) {
    const c = this.context;
    c.fillStyle = colour;
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    c.fillText(text, x, y);
    c.textAlign = 'left';
  }

  drawMarks(run, index) {
    const c = this.context;
    const d = run.marks;
    const top = this.tops[index];
    const bottom = top + FAULTS + RULER + run.nodes.length * this.lane;
    const rows = new Array(Math.floor((FAULTS - 6) / 13)).fill(-1e9);
    const last = lowerBound(d, MARK, this.to + 1) * MARK.size;
    for (let i = lowerBound(d, MARK, this.from) * MARK.size; i < last; i += MARK.size) {
      if (!this.filter.mark(run, i))
        continue;
      const x = this.x(d[i]);
      const kind = d[i + MARK.kind];
      const node = d[i + MARK.node];
      if (kind === KIND.fault || kind === KIND.failure) {
        const failure = kind === KIND.failure;
        c.strokeStyle = failure ? RED : 'rgba(179, 107, 0, .45)';
        c.lineWidth = failure ? 2 : 1;
        c.beginPath();
        c.moveTo(x, top + 4);
        c.lineTo(x, bottom);
        c.stroke();
        c.lineWidth = 1;
        const text = failure ? 'failure' : run.text(d[i + MARK.text]);
        const width = c.measureText(text).width;
        const left = Math.min(x + 3, this.width - width - 8);
        const row = failure ? 0 : rows.findIndex(end => end < left);
        if (row < 0)
          continue;
        rows[row] = left + width + 10;
        c.textBaseline = 'middle';
        if (failure) {
          c.fillStyle = RED;
          c.fillRect(left - 3, top + 3, width + 6, 14);
          c.fillStyle = '#fff';
        } else {
          c.fillStyle = '#7a4800';
        }
        c.fillText(text, left, top + 10 + 13 * row);
      } else if (node >= 0) {
        const y = this.y(index, node);
        if (kind === KIND.up || kind === KIND.down) {
          c.fillStyle = kind === KIND.up ? GREEN : RED;
          c.beginPath();
          const tip = kind === KIND.up ? -6 : 6;
          c.moveTo(x - 3, y - this.lane * .25);
          c.lineTo(x + 3, y - this.lane * .25);
          c.lineTo(x, y - this.lane * .25 + tip);
          c.fill();
        } else if (kind === KIND.crash || kind === KIND.stop || kind === KIND.start) {
          c.font = 'bold 14px system-ui, sans-serif';
          this.symbol(kind === KIND.crash ? '✖' : kind === KIND.stop ? '■' : '▶', x, y,
                      kind === KIND.start ? GREEN : kind === KIND.crash ? RED : AMBER);
          c.font = '11px system-ui, sans-serif';
        }
      }
    }
    this.drawLateFailure(run, index);
    if (this.divergence !== null) {
      const x = this.x(this.divergence);
      c.strokeStyle = '#7b2fd0';
      c.setLineDash([6, 4]);
      c.beginPath();
      c.moveTo(x, top);
      c.lineTo(x, bottom);
      c.stroke();
      c.setLineDash([]);
      c.fillStyle = '#7b2fd0';
      c.fillText('the runs differ from here on', x + 4, top + FAULTS - 6);
    }
  }

  /// Mostly a test waits for a while before it gives up.
  drawLateFailure(run, index) {
    const c = this.context;
    const d = run.marks;
    for (let i = lowerBound(d, MARK, this.to + 1) * MARK.size; i < d.length; i += MARK.size)
      if (d[i + MARK.kind] === KIND.failure) {
        const text = `failure at ${(d[i] / 1e6).toFixed(1)} s →`;
        const width = c.measureText(text).width;
        c.fillStyle = RED;
        c.fillRect(this.width - width - 12, this.tops[index] + 3, width + 8, 14);
        c.fillStyle = '#fff';
        c.textBaseline = 'middle';
        c.fillText(text, this.width - width - 8, this.tops[index] + 10);
        return;
      }
  }

  drawSelection() {
    if (!this.selected)
      return;
    const {index, kind, i} = this.selected;
    const run = this.runs[index];
    const c = this.context;
    c.strokeStyle = '#111';
    c.lineWidth = 2.5;
    if (kind === 'message') {
      const path = new Path2D();
      this.addArrow(path, run, index, i, true);
      c.stroke(path);
    } else {
      const data = kind === 'step' ? run.steps : run.marks;
      const node = data[i + (kind === 'step' ? STEP.node : MARK.node)];
      const y = node >= 0 ? this.y(index, node) : this.tops[index] + FAULTS - 8;
      c.beginPath();
      c.arc(this.x(data[i]), y, 7, 0, 7);
      c.stroke();
    }
    c.lineWidth = 1;
  }
}
