// SPDX-License-Identifier: Apache-2.0
//
// What the page of `troupe crawl --html` makes of its data, without a browser.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { versionClasses } from "../../../samples/troupe/crawl/page/src/colours.js";
import {
  countBy,
  linesToDraw,
  matches,
  neighboursOf,
  readCrawl,
} from "../../../samples/troupe/crawl/page/src/crawl.js";

const node = (number, more = {}) => ({
  id: String(number).padStart(40, "0"),
  state: "answered",
  reason: null,
  moniker: `node-${number}`,
  version: "1.0",
  remote: null,
  addresses: [`mconn://${number}@8.8.8.${number}:26656`],
  ...more,
});

const crawlOf = (nodes, edges) =>
  readCrawl(JSON.stringify({ nodes, edges, layout: nodes.flatMap((_, i) => [i, -i]) }));

test("a node knows whom it told of, who told of it, and where it is drawn", () => {
  const crawl = crawlOf(
    [node(0), node(1), node(2, { version: "" })],
    [
      [0, 1],
      [1, 0],
      [2, 0],
    ],
  );
  assert.deepEqual(crawl.nodes[0].toldOf, [1]);
  assert.deepEqual(crawl.nodes[0].toldBy, [1, 2]);
  assert.deepEqual([...neighboursOf(crawl.nodes[0])], [1, 2]);
  assert.deepEqual([crawl.nodes[2].x, crawl.nodes[2].y], [2, -2]);
  assert.equal(crawl.nodes[2].version, "unknown");
});

test("a search finds names, IDs, addresses, versions and states, all words at once", () => {
  const [found] = crawlOf([node(7, { state: "unreachable", reason: "timeout" })], []).nodes;
  for (const query of ["", "NODE-7", "0007", "8.8.8.7", "1.0", "unreachable timeout", "7 node"])
    assert.ok(matches(found, query), query);
  for (const query of ["node-8", "answered", "node-7 refused"]) assert.ok(!matches(found, query), query);
});

test("of too many lines, those stay by which nodes were found, then those both ways", () => {
  const count = 40;
  const edges = [];
  for (let from = 0; from < count; ++from)
    for (let to = 0; to < count; ++to)
      // Nobody but the first node is told of by the last one.
      if (from !== to && !(from === count - 1 && to > 0)) edges.push([from, to]);
  const crawl = crawlOf(
    Array.from({ length: count }, (_, i) => node(i)),
    edges,
  );
  assert.equal(linesToDraw(crawl, 10_000).length, edges.length);
  const some = linesToDraw(crawl, 100);
  assert.equal(some.length, 100);
  assert.equal(new Set(some.map(String)).size, 100);
  assert.equal(new Set(some.map(([, to]) => to)).size, count);
  const both = new Set(edges.map(String));
  for (const [from, to] of some.slice(count)) assert.ok(both.has(`${to},${from}`));
});

test("the most frequent versions have a colour each, the others share one", () => {
  const nodes = [];
  for (let version = 0; version < 12; ++version)
    for (let i = 0; i <= version; ++i) nodes.push(node(nodes.length, { version: `0.${version}` }));
  nodes.push(node(nodes.length, { version: "" }));
  const crawl = crawlOf(nodes, []);
  const { classes, slotOf } = versionClasses(crawl.nodes);
  assert.equal(classes.length, 10);
  assert.equal(classes[0].label, "0.11");
  assert.equal(classes[8].label, "4 other versions");
  assert.equal(classes[8].count, 1 + 2 + 3 + 4);
  assert.equal(classes.reduce((sum, { count }) => sum + count, 0), nodes.length);
  assert.equal(slotOf(crawl.nodes[0]), "others");
  assert.equal(slotOf(crawl.nodes.at(-1)), "nobody");
  assert.deepEqual(countBy(crawl.nodes, (x) => x.version)[0], ["0.11", 12]);
});

test("nothing in the page reads text as HTML or as code", async () => {
  const folder = new URL("../../../samples/troupe/crawl/page/src/", import.meta.url);
  for (const name of await readdir(folder)) {
    const text = await readFile(new URL(name, folder), "utf8");
    for (const bad of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"])
      assert.ok(!text.includes(bad), `${name} has ${bad}`);
  }
});
