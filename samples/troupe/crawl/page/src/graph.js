// SPDX-License-Identifier: Apache-2.0
import Graph from "graphology";
import Sigma from "sigma";

import { INK, colourOf } from "./colours.js";
import { linesToDraw, nameOf, neighboursOf } from "./crawl.js";

const LINES_MAX = 12_000;

function sizeOf(node, count) {
  const largest = count > 500 ? 9 : 16;
  const smallest = count > 500 ? 2.2 : 5;
  return Math.min(largest, smallest + Math.sqrt(node.degree) * (count > 500 ? 0.35 : 0.9));
}

/** The drawing: where each node lies was computed before the page was written. */
export class PeerGraph {
  constructor(crawl, slotOf, container, look, onSelect) {
    this.crawl = crawl;
    this.look = look;
    this.container = container;
    this.neighbours = new Set();
    this.hovered = null;
    this.graph = new Graph({ type: "directed" });
    for (const node of crawl.nodes)
      this.graph.addNode(node.index, {
        x: node.x,
        y: node.y,
        size: sizeOf(node, crawl.nodes.length),
        slot: slotOf(node),
        label: nameOf(node),
      });
    for (const [from, to] of linesToDraw(crawl, LINES_MAX))
      this.graph.addDirectedEdge(from, to, {});
    this.extra = [];
    this.sigma = new Sigma(this.graph, container, {
      nodeReducer: (key, data) => this.reduceNode(Number(key), data),
      edgeReducer: (key) => this.reduceEdge(key),
      labelFont: "system-ui, sans-serif",
      labelSize: 12,
      labelWeight: "500",
      labelDensity: 0.6,
      labelGridCellSize: 110,
      labelRenderedSizeThreshold: crawl.nodes.length > 500 ? 6 : 4,
      defaultDrawNodeHover: (context, data, settings) => this.drawHover(context, data, settings),
      defaultEdgeType: crawl.nodes.length > 500 ? "line" : "arrow",
      hideEdgesOnMove: this.graph.size > 5_000,
      zIndex: true,
      minCameraRatio: 0.01,
      maxCameraRatio: 3,
      stagePadding: 50,
    });
    this.sigma.on("clickNode", ({ node }) => onSelect(Number(node)));
    this.sigma.on("clickStage", () => onSelect(null));
    this.sigma.on("enterNode", ({ node }) => {
      this.hovered = Number(node);
      container.style.cursor = "pointer";
    });
    this.sigma.on("leaveNode", () => {
      this.hovered = null;
      container.style.cursor = "default";
    });
    this.refresh();
  }

  reduceNode(index, data) {
    const { theme, selected, visible } = this.look;
    const result = { ...data, color: colourOf(data.slot, theme), zIndex: 1 };
    if (!visible(this.crawl.nodes[index])) return { ...result, hidden: true };
    if (selected === null) return result;
    if (index === selected)
      return { ...result, highlighted: true, forceLabel: true, zIndex: 3, size: data.size + 2 };
    if (this.neighbours.has(index))
      return { ...result, zIndex: 2, forceLabel: this.neighbours.size <= 25 };
    return { ...result, color: INK[theme].faded, label: "", zIndex: 0 };
  }

  reduceEdge(key) {
    const { theme, selected, visible } = this.look;
    const [from, to] = this.graph.extremities(key).map(Number);
    const { nodes } = this.crawl;
    if (!visible(nodes[from]) || !visible(nodes[to])) return { hidden: true };
    const thin = this.graph.size > 2_000 ? 0.4 : 1;
    if (selected === null) return { color: INK[theme].line, size: thin };
    if (from === selected || to === selected)
      return { color: INK[theme].marked, size: Math.max(thin, 1.2), zIndex: 2 };
    return { hidden: true };
  }

  drawHover(context, data, settings) {
    const ink = INK[this.look.theme];
    const text = data.label ?? "";
    context.font = `600 ${settings.labelSize}px ${settings.labelFont}`;
    const width = context.measureText(text).width + 12;
    context.fillStyle = ink.ground;
    context.strokeStyle = ink.marked;
    context.lineWidth = 1;
    context.beginPath();
    if (text)
      context.roundRect(data.x, data.y - 11, data.size + width + 8, 22, 11);
    context.fill();
    if (text) context.stroke();
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    context.fillStyle = ink.label;
    context.fillText(text, data.x + data.size + 8, data.y + settings.labelSize / 3);
  }

  /** Draws anew what the look of the page says. */
  refresh() {
    const { selected, theme } = this.look;
    for (const edge of this.extra) this.graph.dropEdge(edge);
    this.extra = [];
    this.neighbours = new Set();
    if (selected !== null) {
      const node = this.crawl.nodes[selected];
      this.neighbours = neighboursOf(node);
      for (const other of node.toldOf) this.addLine(selected, other);
      for (const other of node.toldBy) this.addLine(other, selected);
    }
    this.sigma.setSetting("labelColor", { color: INK[theme].label });
    this.sigma.refresh();
  }

  addLine(from, to) {
    if (this.graph.hasDirectedEdge(from, to)) return;
    this.extra.push(this.graph.addDirectedEdge(from, to, {}));
  }

  /** Moves a node into view. */
  show(index) {
    const place = this.sigma.getNodeDisplayData(index);
    if (!place) return;
    const camera = this.sigma.getCamera();
    const ratio = Math.min(camera.ratio, 0.7);
    camera.animate({ x: place.x, y: place.y, ratio }, { duration: 400 });
  }

  zoom(step) {
    const camera = this.sigma.getCamera();
    if (step === 0) camera.animatedReset({ duration: 300 });
    else if (step > 0) camera.animatedZoom({ duration: 200 });
    else camera.animatedUnzoom({ duration: 200 });
  }
}
