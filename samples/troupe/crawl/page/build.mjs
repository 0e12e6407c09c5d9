// SPDX-License-Identifier: Apache-2.0
//
// Bundles the page of `troupe crawl --html`: node build.mjs OUTPUT
//
// What comes out is a page without its data, which the command puts where
// @CRAWL_DATA@ stands.
import { createHash } from "node:crypto";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const output = process.argv[2];
if (!output) throw new Error("usage: node build.mjs OUTPUT");

const bundled = await build({
  entryPoints: [here("src/main.js")],
  bundle: true,
  charset: "ascii",
  define: { "process.env.NODE_ENV": '"production"' },
  format: "iife",
  legalComments: "inline",
  minify: true,
  target: "es2021",
  write: false,
});
const script = bundled.outputFiles[0].text.replaceAll("</script", "<\\/script");
const style = await readFile(here("page.css"), "utf8");
const hash = createHash("sha256").update(script).digest("base64");

// Their authors want their notices to travel along.
const licences = [];
for (const name of ["events", "graphology", "graphology-utils", "sigma"]) {
  const folder = here(`node_modules/${name}/`);
  const file = (await readdir(folder)).find((x) => /^licen[cs]e/i.test(x));
  const text = (await readFile(folder + file, "utf8")).trim();
  licences.push(`${name}\n\n${text.replaceAll("--", "- -")}`);
}

const parts = {
  "@LICENCES@": licences.join("\n\n"),
  "@SCRIPT_HASH@": `sha256-${hash}`,
  "@STYLE@": style,
  "@SCRIPT@": script,
};
let page = await readFile(here("page.html"), "utf8");
for (const [mark, text] of Object.entries(parts)) {
  if (page.split(mark).length !== 2) throw new Error(`page.html needs ${mark} once`);
  page = page.replace(mark, () => text);
}
if (page.split("@CRAWL_DATA@").length !== 2)
  throw new Error("the page needs @CRAWL_DATA@ once");
// Whoever looks for the page finds all of it, or none.
await writeFile(`${output}.draft`, page);
await rename(`${output}.draft`, output);
