// SPDX-License-Identifier: Apache-2.0
import { colourOf, versionClasses } from "./colours.js";
import { STATES, countBy, matches, nameOf, readCrawl } from "./crawl.js";
import { showDetails } from "./details.js";
import { byId, foreign, make, milliseconds } from "./dom.js";
import { PeerGraph } from "./graph.js";
import { Table } from "./table.js";

const crawl = readCrawl(byId("crawl-data").textContent);
const versions = versionClasses(crawl.nodes);

// -- what is looked at --------------------------------------------------------

const dark = matchMedia("(prefers-color-scheme: dark)");
const look = {
  theme: dark.matches ? "dark" : "light",
  selected: null,
  query: "",
  hidden: new Set(),
  visible: (node) => !look.hidden.has(versions.slotOf(node)) && matches(node, look.query),
};

// -- the tables ---------------------------------------------------------------

function dot(node) {
  const result = make("span", { class: "dot" });
  result.style.background = colourOf(versions.slotOf(node), look.theme);
  return result;
}

const number = (value) => (value === null ? "–" : value.toLocaleString("en"));

const nodeTable = new Table(
  byId("nodes"),
  [
    {
      title: "Node",
      width: "minmax(6rem, 1.7fr)",
      value: (node) => nameOf(node).toLowerCase(),
      show: (node) => make("span", {}, dot(node), foreign(nameOf(node))),
    },
    {
      title: "Version",
      width: "minmax(4.5rem, 1fr)",
      value: (node) => node.version,
      show: (node) => foreign(node.version),
    },
    {
      title: "State",
      width: "minmax(4.5rem, 1.1fr)",
      value: (node) => Object.keys(STATES).indexOf(node.state),
      show: (node) => STATES[node.state],
    },
    {
      title: "Degree",
      width: "4.2rem",
      kind: "number",
      hint: "How many nodes it told of, or was told by",
      value: (node) => node.degree,
      show: (node) => number(node.degree),
    },
    {
      title: "Told by",
      width: "4.2rem",
      kind: "number",
      hint: "How many nodes told of it",
      value: (node) => node.told_by,
      show: (node) => number(node.told_by),
    },
    {
      title: "Latency",
      width: "4.6rem",
      kind: "number",
      hint: "From our question to its answer",
      value: (node) => node.answer_ms,
      show: (node) => milliseconds(node.answer_ms),
    },
  ],
  (node) => select(node.index, true),
  { column: 3, falling: true },
);

function countTable(container, title, entries, showName) {
  const total = crawl.nodes.length;
  new Table(
    container,
    [
      { title, width: "minmax(10rem, 2fr)", value: ([name]) => name, show: showName },
      {
        title: "Nodes",
        width: "5rem",
        kind: "number",
        value: ([, count]) => count,
        show: ([, count]) => number(count),
      },
      {
        title: "Share",
        width: "minmax(8rem, 1fr)",
        kind: "number",
        value: ([, count]) => count,
        show: ([, count]) => {
          const bar = make("span", { class: "bar" });
          bar.style.setProperty("--share", count / total);
          return make("span", { class: "share" }, bar, `${((100 * count) / total).toFixed(1)} %`);
        },
      },
    ],
    // What stands behind a colon is searched for by itself.
    ([name]) => search(name.replaceAll(": ", " ")),
    { column: 1, falling: true },
  ).setRows(entries);
}

countTable(byId("versions"), "Version", countBy(crawl.nodes, (node) => node.version), ([name]) =>
  foreign(name),
);
countTable(
  byId("states"),
  "What became of it",
  countBy(crawl.nodes, (node) => STATES[node.state] + (node.reason ? `: ${node.reason}` : "")),
  ([name]) => name,
);

// -- the drawing --------------------------------------------------------------

let drawing = null;
try {
  drawing = new PeerGraph(crawl, versions.slotOf, byId("graph"), look, (index) =>
    select(index, false),
  );
} catch (problem) {
  byId("graph").replaceChildren(
    make("p", { class: "notice" }, `The graph needs WebGL, which this browser does not offer. (${problem.message})`),
  );
}

// -- changes ------------------------------------------------------------------

function refresh() {
  document.documentElement.dataset.theme = look.theme;
  const rows = crawl.nodes.filter(look.visible);
  nodeTable.setRows(rows);
  byId("count").textContent =
    rows.length === crawl.nodes.length
      ? `${number(rows.length)} nodes`
      : `${number(rows.length)} of ${number(crawl.nodes.length)} nodes`;
  drawLegend();
  drawing?.refresh();
}

function select(index, move) {
  look.selected = index;
  showDetails(byId("details"), crawl, index, (other) => select(other, true));
  nodeTable.pick(index === null ? null : crawl.nodes[index]);
  drawing?.refresh();
  if (index !== null && move) drawing?.show(index);
}

function search(text) {
  look.query = text.trim();
  byId("search").value = text;
  openTab("nodes");
  refresh();
}

function drawLegend() {
  byId("legend").replaceChildren(
    ...versions.classes.map(({ label, count, slot }) => {
      const patch = make("span", { class: "dot" });
      patch.style.background = colourOf(slot, look.theme);
      return make(
        "button",
        {
          type: "button",
          "aria-pressed": String(!look.hidden.has(slot)),
          title: "Shows or hides them",
          onclick: () => {
            if (!look.hidden.delete(slot)) look.hidden.add(slot);
            refresh();
          },
        },
        patch,
        foreign(label),
        make("span", { class: "quiet" }, number(count)),
      );
    }),
  );
}

const tabs = ["nodes", "versions", "states"];

function openTab(name) {
  for (const tab of tabs) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
  }
}

// -- the rest of the page -----------------------------------------------------

function fillHead() {
  const { summary } = crawl;
  document.title = `${crawl.network} – crawl`;
  byId("network").replaceChildren(foreign(crawl.network));
  byId("when").textContent =
    `${crawl.finished.replace("T", " ").slice(0, 16)} UTC` +
    (crawl.complete ? "" : " · stopped before it was done");
  const facts = [
    [number(crawl.nodes.length), "nodes known"],
    [number(summary.by_state.answered ?? 0), "answered"],
    [number(summary.by_version.length), "versions"],
    [summary.degree === null ? "–" : number(summary.degree.median), "median degree"],
    [summary.answer_ms === null ? "–" : milliseconds(summary.answer_ms.median), "median latency"],
  ];
  byId("facts").replaceChildren(
    ...facts.map(([value, name]) =>
      make("div", { class: "fact" }, make("strong", {}, value), make("span", {}, name)),
    ),
  );
}

byId("search").addEventListener("input", (event) => search(event.target.value));
for (const tab of tabs) byId(`tab-${tab}`).addEventListener("click", () => openTab(tab));
byId("zoom-in").addEventListener("click", () => drawing?.zoom(1));
byId("zoom-out").addEventListener("click", () => drawing?.zoom(-1));
byId("zoom-all").addEventListener("click", () => drawing?.zoom(0));
byId("theme").addEventListener("click", () => {
  look.theme = look.theme === "dark" ? "light" : "dark";
  refresh();
});
dark.addEventListener("change", () => {
  look.theme = dark.matches ? "dark" : "light";
  refresh();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") select(null, false);
  if (event.key === "/" && event.target === document.body) {
    event.preventDefault();
    byId("search").focus();
  }
});

fillHead();
openTab("nodes");
refresh();
// For whoever measures how long it takes to open.
document.documentElement.dataset.ready = Math.round(performance.now());
// A link to a node opens it: page.html#ID.
const linked = crawl.nodes.findIndex((node) => `#${node.id}` === location.hash);
if (linked >= 0) select(linked, true);
