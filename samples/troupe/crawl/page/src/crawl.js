// SPDX-License-Identifier: Apache-2.0
//
// What a crawl found, as the page looks at it. The texts come from remotes: they
// are only ever shown as text.

/** What became of a node, in words, in the order of the legend. */
export const STATES = {
  answered: "answered",
  silent: "no answer",
  no_pex: "no peer exchange",
  incompatible: "does not fit",
  unreachable: "unreachable",
  not_dialed: "private address",
  waiting: "not asked yet",
};

export const UNKNOWN_VERSION = "unknown";

/** Reads the data that the page carries. */
export function readCrawl(text) {
  const crawl = JSON.parse(text);
  const nodes = crawl.nodes.map((node, index) => ({
    ...node,
    index,
    x: crawl.layout[2 * index],
    y: crawl.layout[2 * index + 1],
    version: node.version || UNKNOWN_VERSION,
    toldOf: [],
    toldBy: [],
  }));
  for (const [from, to] of crawl.edges) {
    nodes[from].toldOf.push(to);
    nodes[to].toldBy.push(from);
  }
  return { ...crawl, nodes };
}

/** A name for people: what the node calls itself, or else its ID. */
export function nameOf(node) {
  return node.moniker || `${node.id.slice(0, 10)}…`;
}

export function neighboursOf(node) {
  return new Set([...node.toldOf, ...node.toldBy]);
}

/** Whether a node has a text in what people look for. */
export function matches(node, query) {
  if (!query) return true;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [
    node.id,
    node.moniker,
    node.version,
    node.remote ?? "",
    STATES[node.state],
    node.reason ?? "",
    ...node.addresses,
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/**
 * The lines to draw, as pairs. A network in which everybody knows everybody is a
 * black disc, and slow: beyond `most`, those lines stay by which the crawl found
 * the nodes, then those that go both ways. A selected node shows all of its own.
 */
export function linesToDraw(crawl, most) {
  if (crawl.edges.length <= most) return crawl.edges;
  const seen = new Set();
  const result = [];
  const add = (from, to) => {
    const key = from * crawl.nodes.length + to;
    if (result.length >= most || seen.has(key)) return;
    seen.add(key);
    result.push([from, to]);
  };
  const reached = new Set();
  for (const [from, to] of crawl.edges)
    if (!reached.has(to)) {
      reached.add(to);
      add(from, to);
    }
  const all = new Set(
    crawl.edges.map(([from, to]) => from * crawl.nodes.length + to),
  );
  for (const [from, to] of crawl.edges)
    if (from < to && all.has(to * crawl.nodes.length + from)) add(from, to);
  return result;
}

/** How many nodes there are of each value, most first. */
export function countBy(nodes, valueOf) {
  const counts = new Map();
  for (const node of nodes)
    counts.set(valueOf(node), (counts.get(valueOf(node)) ?? 0) + 1);
  return [...counts].sort(
    (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0),
  );
}
