// SPDX-License-Identifier: Apache-2.0
//
// What a run consists of, and what of it is to be seen. A run comes as JSON
// with flat arrays of numbers, a fixed count of them for each entry, in the
// order of their time; times are microseconds since the beginning, texts are
// places in `strings`, and -1 stands for nothing.
'use strict';

const STEP = {size: 8, t: 0, node: 1, to: 2, toId: 3, from: 4, fromId: 5, types: 6, content: 7};
const MESSAGE = {size: 8, t: 0, sent: 1, from: 2, to: 3, channel: 4, bytes: 5, content: 6, fate: 7};
const MARK = {size: 4, t: 0, kind: 1, node: 2, text: 3};
const KIND = {fault: 0, start: 1, stop: 2, crash: 3, failure: 4, note: 5, up: 6, down: 7};
const FATES = ['', 'lost', 'late', 'doubled'];
const LOST = 1;

class Run {
  constructor(raw) {
    Object.assign(this, raw);
    this.steps = Float64Array.from(raw.steps);
    this.messages = Float64Array.from(raw.messages);
    this.marks = Float64Array.from(raw.marks);
    this.channels = [...new Set(this.column(this.messages, MESSAGE, MESSAGE.channel))].sort((a, b) => a - b);
    this.blamed = new Set((this.failure.match(/node-\d+/g) || []).map(x => Number(x.slice(5))));
    this.outages = this.findOutages();
    // A message is drawn from its sending on, so that a window has to look back.
    this.longest = 0;
    for (let i = 0; i < this.messages.length; i += MESSAGE.size)
      this.longest = Math.max(this.longest, this.messages[i] - this.messages[i + MESSAGE.sent]);
  }

  column(data, shape, field) {
    const result = [];
    for (let i = field; i < data.length; i += shape.size)
      result.push(data[i]);
    return result;
  }

  text(index) {
    return index < 0 ? '' : this.strings[index];
  }

  /// Spans in which a node does not run, by node.
  findOutages() {
    const result = this.nodes.map(() => []);
    const since = this.nodes.map(() => 0);
    for (let i = 0; i < this.marks.length; i += MARK.size) {
      const node = this.marks[i + MARK.node];
      const kind = this.marks[i + MARK.kind];
      if (node < 0)
        continue;
      if (kind === KIND.start && since[node] !== null) {
        result[node].push([since[node], this.marks[i]]);
        since[node] = null;
      } else if ((kind === KIND.crash || kind === KIND.stop) && since[node] === null) {
        since[node] = this.marks[i];
      }
    }
    since.forEach((when, node) => {
      if (when !== null)
        result[node].push([when, this.end]);
    });
    return result;
  }
}

/// The first entry of `data` whose time is not below `t`.
function lowerBound(data, shape, t) {
  let low = 0;
  let high = data.length / shape.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data[middle * shape.size] < t)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// What the user wants to see.
class Filter {
  constructor() {
    this.hiddenNodes = new Set();
    this.hiddenChannels = new Set();
    this.actor = '';
    this.contents = '';
    this.messages = true;
    this.steps = true;
    this.links = true;
  }

  step(run, i) {
    const d = run.steps;
    return this.steps && !this.hiddenNodes.has(d[i + STEP.node])
      && (!this.actor || run.text(d[i + STEP.to]).includes(this.actor) || run.text(d[i + STEP.from]).includes(this.actor))
      && (!this.contents || run.text(d[i + STEP.content]).includes(this.contents));
  }

  message(run, i) {
    const d = run.messages;
    return this.messages && !this.hiddenNodes.has(d[i + MESSAGE.from]) && !this.hiddenNodes.has(d[i + MESSAGE.to])
      && !this.hiddenChannels.has(d[i + MESSAGE.channel])
      && (!this.contents || run.text(d[i + MESSAGE.content]).includes(this.contents));
  }

  mark(run, i) {
    const d = run.marks;
    const kind = d[i + MARK.kind];
    if (d[i + MARK.node] >= 0 && this.hiddenNodes.has(d[i + MARK.node]))
      return false;
    if (kind === KIND.up || kind === KIND.down)
      return this.links;
    return kind !== KIND.note || !this.contents || run.text(d[i + MARK.text]).includes(this.contents);
  }
}

/// When two runs differ for the first time; null if they do not.
function firstDivergence(a, b) {
  const size = Math.min(a.steps.length, b.steps.length);
  for (let i = 0; i < size; i += STEP.size) {
    const same = a.steps[i] === b.steps[i] && a.steps[i + STEP.node] === b.steps[i + STEP.node]
      && a.text(a.steps[i + STEP.to]) === b.text(b.steps[i + STEP.to])
      && a.text(a.steps[i + STEP.types]) === b.text(b.steps[i + STEP.types]);
    if (!same)
      return Math.min(a.steps[i], b.steps[i]);
  }
  return a.steps.length === b.steps.length ? null : (a.steps.length > size ? a : b).steps[size];
}

function seconds(us) {
  return (us / 1e6).toFixed(6) + ' s';
}

function channelName(channel) {
  return '0x' + channel.toString(16).padStart(2, '0');
}
