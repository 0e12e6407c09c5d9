// SPDX-License-Identifier: Apache-2.0

/**
 * Makes an element. Children are elements or text, which is never read as HTML:
 * it may be a remote's.
 */
export function make(tag, attributes = {}, ...children) {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") result.className = value;
    else if (name.startsWith("on")) result.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      result.setAttribute(name, value === true ? "" : value);
  }
  result.append(...children.filter((child) => child !== null));
  return result;
}

/** Text of a remote's, which may turn the direction of writing: not beyond itself. */
export function foreign(text) {
  return make("bdi", {}, text);
}

export function byId(id) {
  return document.getElementById(id);
}

export function milliseconds(value) {
  if (value === null) return "–";
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
