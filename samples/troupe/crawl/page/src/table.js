// SPDX-License-Identifier: Apache-2.0
import { make } from "./dom.js";

const ROW_HEIGHT = 30;
const SPARE_ROWS = 8;

/**
 * A table that can be sorted, and that makes only the rows in sight: thousands
 * of them open at once.
 */
export class Table {
  /**
   * @param columns `{title, value, show, kind, hint}`: what rows are sorted by,
   *        and what is shown of it. Numbers begin with the largest.
   */
  constructor(container, columns, onPick, first) {
    this.columns = columns;
    this.onPick = onPick;
    this.rows = [];
    this.sorted = first;
    this.picked = null;
    this.body = make("div", { class: "rows" });
    this.heads = columns.map((column, index) =>
      make(
        "button",
        {
          class: `head ${column.kind ?? ""}`,
          type: "button",
          role: "columnheader",
          title: column.hint ?? `Sort by ${column.title.toLowerCase()}`,
          onclick: () => this.sortBy(index),
        },
        column.title,
      ),
    );
    this.scroller = make(
      "div",
      { class: "scroller", role: "table", tabindex: "0" },
      make("div", { class: "heads", role: "row" }, ...this.heads),
      this.body,
    );
    this.scroller.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    container.replaceChildren(this.scroller);
  }

  setRows(rows) {
    this.rows = [...rows];
    this.order();
  }

  sortBy(column) {
    const falling = this.columns[column].kind === "number";
    if (this.sorted.column === column) this.sorted.falling = !this.sorted.falling;
    else this.sorted = { column, falling };
    this.order();
    this.scroller.scrollTop = 0;
  }

  order() {
    const { column, falling } = this.sorted;
    const { value } = this.columns[column];
    const sign = falling ? -1 : 1;
    // What is not known comes last, whichever way.
    this.rows.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      return sign * (x < y ? -1 : x > y ? 1 : 0);
    });
    this.heads.forEach((head, index) =>
      head.setAttribute(
        "aria-sort",
        index !== column ? "none" : falling ? "descending" : "ascending",
      ),
    );
    this.draw();
  }

  pick(row) {
    this.picked = row;
    const at = this.rows.indexOf(row);
    if (at >= 0) {
      const top = at * ROW_HEIGHT;
      const height = this.scroller.clientHeight - 2 * ROW_HEIGHT;
      if (top < this.scroller.scrollTop || top > this.scroller.scrollTop + height)
        this.scroller.scrollTop = Math.max(0, top - height / 2);
    }
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const count = Math.ceil(this.scroller.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    const shown = this.rows.slice(first, first + count);
    this.body.style.height = `${this.rows.length * ROW_HEIGHT}px`;
    this.body.replaceChildren(
      ...shown.map((row, index) => this.makeRow(row, (first + index) * ROW_HEIGHT)),
    );
  }

  makeRow(row, top) {
    const result = make(
      "div",
      {
        class: row === this.picked ? "row picked" : "row",
        role: "row",
        onclick: () => this.onPick(row),
      },
      ...this.columns.map((column) =>
        make("div", { class: `cell ${column.kind ?? ""}`, role: "cell" }, column.show(row)),
      ),
    );
    result.style.top = `${top}px`;
    return result;
  }
}
