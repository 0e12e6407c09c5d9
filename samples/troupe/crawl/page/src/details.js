// SPDX-License-Identifier: Apache-2.0
import { STATES, nameOf } from "./crawl.js";
import { foreign, make, milliseconds } from "./dom.js";

const LISTED_MAX = 200;

function list(title, indexes, crawl, onSelect) {
  if (indexes.length === 0) return null;
  const nodes = indexes
    .map((index) => crawl.nodes[index])
    .sort((a, b) => b.degree - a.degree || a.index - b.index);
  const more = nodes.length - LISTED_MAX;
  return make(
    "section",
    {},
    make("h3", {}, `${title} (${nodes.length})`),
    make(
      "div",
      { class: "chips" },
      ...nodes.slice(0, LISTED_MAX).map((node) =>
        make(
          "button",
          { class: "chip", type: "button", title: node.id, onclick: () => onSelect(node.index) },
          foreign(nameOf(node)),
        ),
      ),
      more > 0 ? make("span", { class: "quiet" }, `and ${more} more`) : null,
    ),
  );
}

/** All that is known of a node. */
export function showDetails(container, crawl, index, onSelect) {
  if (index === null) {
    container.hidden = true;
    return;
  }
  const node = crawl.nodes[index];
  const facts = [
    ["ID", make("code", {}, node.id)],
    ["State", STATES[node.state] + (node.reason ? ` (${node.reason})` : "")],
    ["Said", node.detail ? foreign(node.detail) : null],
    ["Version", node.version === "unknown" ? null : foreign(node.version)],
    ["Answers at", node.remote ? make("code", {}, node.remote) : null],
    [
      "Addresses",
      node.addresses.length === 0
        ? null
        : make("div", {}, ...node.addresses.map((x) => make("div", {}, make("code", {}, foreign(x))))),
    ],
    ["Channels", node.channels.length === 0 ? null : node.channels.join(" ")],
    ["Found", node.seed ? "as a seed" : `${node.hops} ${node.hops === 1 ? "step" : "steps"} from a seed`],
    ["Connected in", node.connect_ms === null ? null : milliseconds(node.connect_ms)],
    ["Answered in", node.answer_ms === null ? null : milliseconds(node.answer_ms)],
  ].filter(([, value]) => value !== null);
  container.replaceChildren(
    make(
      "header",
      {},
      make("h2", {}, foreign(nameOf(node))),
      make(
        "button",
        { class: "close", type: "button", "aria-label": "Close", onclick: () => onSelect(null) },
        "×",
      ),
    ),
    make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
    ...[
      list("Told of", node.toldOf, crawl, onSelect),
      list("Told by", node.toldBy, crawl, onSelect),
    ].filter(Boolean),
  );
  container.hidden = false;
  container.scrollTop = 0;
}
