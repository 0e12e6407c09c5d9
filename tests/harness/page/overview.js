// SPDX-License-Identifier: Apache-2.0
'use strict';

const OVERVIEW = 46;

/// Draws the whole run, and which part of it is above.
function drawOverview(painter) {
  const c = painter.context;
  const top = painter.height - OVERVIEW;
  const width = painter.width - GUTTER - 8;
  if (!painter.activity || painter.activity.length !== Math.floor(width)) {
    painter.activity = new Float64Array(Math.max(1, Math.floor(width)));
    for (const run of painter.runs)
      for (let i = 0; i < run.steps.length; i += STEP.size)
        ++painter.activity[Math.min(painter.activity.length - 1, Math.floor(run.steps[i] / painter.end * width))];
  }
  c.fillStyle = '#fff';
  c.fillRect(0, top, painter.width, OVERVIEW);
  const most = Math.max(1, ...painter.activity);
  c.fillStyle = '#9fb0c4';
  painter.activity.forEach((count, x) => {
    const height = Math.sqrt(count / most) * (OVERVIEW - 14);
    c.fillRect(GUTTER + x, painter.height - 6 - height, 1, height);
  });
  for (const run of painter.runs)
    for (let i = 0; i < run.marks.length; i += MARK.size) {
      const kind = run.marks[i + MARK.kind];
      if (kind !== KIND.fault && kind !== KIND.failure)
        continue;
      c.fillStyle = kind === KIND.failure ? RED : '#d99a33';
      c.fillRect(GUTTER + run.marks[i] / painter.end * width, top + 4, kind === KIND.failure ? 3 : 1, OVERVIEW - 10);
    }
  c.strokeStyle = '#1d2733';
  c.fillStyle = 'rgba(47, 111, 219, .12)';
  const left = GUTTER + painter.from / painter.end * width;
  const right = GUTTER + painter.to / painter.end * width;
  c.fillRect(left, top + 2, right - left, OVERVIEW - 6);
  c.strokeRect(left, top + 2, right - left, OVERVIEW - 6);
  c.fillStyle = '#6b7785';
  c.textBaseline = 'middle';
  c.fillText('all', 10, top + OVERVIEW / 2);
}
