// SPDX-License-Identifier: Apache-2.0
import { UNKNOWN_VERSION, countBy } from "./crawl.js";

// Told apart by who does not see red and green as others do, on either ground.
const PALETTES = {
  light: ["#2563eb", "#d97706", "#0d9488", "#c026d3", "#65a30d", "#dc2626", "#0891b2", "#7c3aed"],
  dark: ["#60a5fa", "#fbbf24", "#2dd4bf", "#e879f9", "#a3e635", "#f87171", "#22d3ee", "#a78bfa"],
};
const OTHERS = { light: "#57534e", dark: "#d6d3d1" };
const NOBODY = { light: "#b8bec8", dark: "#4b5563" };

export const OTHER_VERSIONS = "other versions";

/** Gives the most frequent versions a colour each. */
export function versionClasses(nodes) {
  const counts = countBy(nodes, (node) => node.version);
  const known = counts.filter(([version]) => version !== UNKNOWN_VERSION);
  const shown = known.slice(0, PALETTES.light.length);
  const rest = known.slice(PALETTES.light.length);
  const unknown = counts.find(([version]) => version === UNKNOWN_VERSION);
  const slots = new Map(shown.map(([version], slot) => [version, slot]));
  const classes = shown.map(([version, count], slot) => ({ label: version, count, slot }));
  if (rest.length > 0)
    classes.push({
      label: `${rest.length} ${OTHER_VERSIONS}`,
      count: rest.reduce((sum, [, count]) => sum + count, 0),
      slot: "others",
    });
  if (unknown)
    classes.push({ label: "never connected", count: unknown[1], slot: "nobody" });
  return {
    classes,
    slotOf: (node) =>
      node.version === UNKNOWN_VERSION ? "nobody" : slots.get(node.version) ?? "others",
  };
}

export function colourOf(slot, theme) {
  if (slot === "others") return OTHERS[theme];
  if (slot === "nobody") return NOBODY[theme];
  return PALETTES[theme][slot];
}

export const INK = {
  light: { label: "#1c2430", line: "#d3d9e2", marked: "#475569", faded: "#e7eaef", ground: "#ffffff" },
  dark: { label: "#e5e7eb", line: "#273142", marked: "#94a3b8", faded: "#1e2633", ground: "#10161f" },
};
