"use strict";
// The live part of the report. `data` holds call trees as columns, one for each metric; a node is a number, and stands
// behind the one that called it. All else is drawing. Text goes into the page as text, never as markup.
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("data").textContent);

  // ---- Numbers, as the program writes them.

  // Three digits in the largest unit that leaves at least 1 before the point.
  function scaled(value, step, units) {
    let exponent = 0, number = value;
    while (exponent + 1 < units.length && number >= step - 0.5) { number /= step; exponent += 1; }
    if (exponent === 0) return `${value} ${units[0]}`.trim();
    const decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    return `${number.toFixed(decimals)} ${units[exponent]}`;
  }

  function nanos(value) {
    if (value < 6e10) return scaled(value, 1000, ["ns", "µs", "ms", "s"]);
    const seconds = Math.floor(value / 1e9);
    return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  }

  const count = (value) => scaled(value, 1000, ["", "k", "M", "G", "T", "P", "E"]);
  const exact = (value) => value.toLocaleString("en-US");
  const things = (value, one, many = `${one}s`) => `${exact(value)} ${value === 1 ? one : many}`;
  const share = (part, whole) => (whole > 0 ? part / whole : 0);

  function percent(part) {
    return part > 0 && part < 0.0005 ? "<0.1 %" : `${(part * 100).toFixed(1)} %`;
  }

  function valueText(unit, value) {
    if (unit === "nanos") return nanos(value);
    if (unit === "bytes") return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]);
    return `${count(value)} ${value === 1 ? unit.replace(/s$/, "") : unit}`;
  }

  const placeText = ([file, line]) => (file === "" ? "" : line > 0 ? `${file}:${line}` : file);
  // With the folder that it is in, which tells one `mod.rs` from the other.
  const shortPlace = ([file, line]) => placeText([file.split(/[\\/]/).slice(-2).join("/"), line]);

  // ---- Tables: sorted by their heads, filtered, and no longer than somebody reads.

  const FIRST_ROWS = 60;

  class Sheet {
    // Rows are `{cells: [{text, value}], node()}`, in the order that they are first shown in.
    constructor(table) {
      this.table = table;
      this.body = table.tBodies[0];
      this.rows = Array.from(this.body.rows, (row) => ({
        cells: Array.from(row.cells, (cell) => ({ text: cell.textContent, value: cell.dataset.v })),
        node: () => row,
      }));
      this.test = () => true;
      this.most = FIRST_ROWS;
      this.heads = Array.from(table.tHead.rows[0].cells, (head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        button.addEventListener("click", () => this.sort(column));
        head.append(button);
        return head;
      });
      this.more = document.createElement("button");
      this.more.type = "button";
      this.more.className = "more";
      this.more.addEventListener("click", () => { this.most = Infinity; this.show(); });
      table.parentNode.after(this.more);
      // What is on paper can't be unfolded there.
      addEventListener("beforeprint", () => this.more.click());
      this.show();
    }

    // Numbers fall first, words rise first; once more turns it around.
    sort(column) {
      const isWords = this.rows.every((row) => row.cells[column].value === undefined);
      const now = this.heads[column].ariaSort;
      const rising = now === "ascending" ? false : now === "descending" ? true : isWords;
      for (const head of this.heads) head.removeAttribute("aria-sort");
      this.heads[column].setAttribute("aria-sort", rising ? "ascending" : "descending");
      const key = (row) => row.cells[column];
      const compare = isWords
        ? (a, b) => key(a).text.localeCompare(key(b).text)
        : (a, b) => Number(key(a).value) - Number(key(b).value);
      this.rows.sort((a, b) => (rising ? compare(a, b) : compare(b, a)));
      this.show();
    }

    show() {
      const there = this.rows.filter(this.test);
      this.body.replaceChildren(...there.slice(0, this.most).map((row) => row.node()));
      this.shown = there.length;
      this.more.hidden = there.length <= this.most;
      this.more.textContent = `Show all ${exact(there.length)} rows`;
      this.heads.forEach((head, column) => {
        head.classList.toggle("words", this.rows.every((row) => row.cells[column].value === undefined));
      });
    }
  }

  function cell(text, value) {
    const node = document.createElement("td");
    if (value !== undefined) node.className = "n";
    node.textContent = text;
    return node;
  }

  for (const table of document.querySelectorAll("table.sheet:not(#table)")) new Sheet(table);

  if (data.flames.length === 0) {
    find("nothing").hidden = false;
    find("functions").hidden = true;
    return;
  }
  find("live").hidden = find("functions-live").hidden = false;

  // ---- Trees, laid out: node i begins at `x[i]` in row `depth[i]` and is `value[i]` wide.

  function laidOut(tree) {
    const size = tree.value.length, x = new Float64Array(size), next = new Float64Array(size);
    const depth = new Uint32Array(size), rows = [];
    for (let i = 0; i < size; i += 1) {
      const above = tree.parent[i];
      if (i > 0) {
        x[i] = next[above];
        next[above] += tree.value[i];
        depth[i] = depth[above] + 1;
      }
      next[i] = x[i];
      (rows[depth[i]] ??= []).push(i);
    }
    const totals = new Map(tree.table.function.map((id, row) => [id, row]));
    return { ...tree, x, depth, rows, totals };
  }

  const layouts = new Map();
  function layoutOf(metric) {
    const tree = data.flames.find((flame) => flame.metric === metric) ?? data.flames[0];
    if (!layouts.has(tree.metric)) layouts.set(tree.metric, laidOut(tree));
    return layouts.get(tree.metric);
  }

  // ---- What is shown. `zoom` and `cursor` are nodes of `tree`; `trail` holds the zooms before.

  let tree = layoutOf(data.metric);
  let zoom = 0, cursor = 0, trail = [], flipped = false, pattern = "";
  // By node: does its function match? The matches, and those functions.
  let hits = new Uint8Array(0), hitNodes = [], isHit = null;

  const canvas = find("canvas"), frame = find("frame"), pen = canvas.getContext("2d");
  const ROW = 19, LETTER_ROOM = 7.3, FONT = '12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
  const functionOf = (node) => data.functions[tree.function[node]];
  const children = (node) => (tree.rows[tree.depth[node] + 1] ?? []).filter((child) => tree.parent[child] === node);

  // ---- Drawing.

  let colours = {};
  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "raised", "hit", "accent", "ink"]) colours[name] = style.getPropertyValue(`--${name}`);
    colours.box = style.getPropertyValue("--box-ink");
  }

  const scale = () => canvas.clientWidth / Math.max(tree.value[zoom], 1);
  const leftOf = (node) => (tree.x[node] - tree.x[zoom]) * scale();

  // Rows go down from the top, or up from the bottom.
  function topOf(depth) {
    const y = flipped ? (tree.rows.length - 1 - depth) * ROW : depth * ROW;
    return y - frame.scrollTop;
  }

  function depthAt(y) {
    const row = Math.floor((y + frame.scrollTop) / ROW);
    return flipped ? tree.rows.length - 1 - row : row;
  }

  // The first of `row`, sorted by place, that ends behind `at`.
  function firstBehind(row, at) {
    let low = 0, high = row.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tree.x[row[middle]] + tree.value[row[middle]] > at) high = middle; else low = middle + 1;
    }
    return low;
  }

  function fit() {
    const height = tree.rows.length * ROW, shown = Math.min(height, Math.round(window.innerHeight * 0.72));
    find("height").style.height = `${height - shown}px`;
    frame.style.height = `${shown + 2}px`;
    const ratio = window.devicePixelRatio || 1, width = frame.clientWidth;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${shown}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(shown * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function draw() {
    pen.fillStyle = colours.raised;
    pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    pen.font = FONT;
    pen.textBaseline = "middle";
    const ends = [depthAt(0), depthAt(canvas.clientHeight)].sort((a, b) => a - b);
    for (let depth = Math.max(0, ends[0]); depth <= Math.min(tree.rows.length - 1, ends[1]); depth += 1) drawRow(depth);
    if (document.activeElement === canvas) outline(cursor, colours.accent);
  }

  // Boxes of less than a pixel are drawn once a pixel; of those in one, a match is what is seen.
  function drawRow(depth) {
    const row = tree.rows[depth], perUnit = scale(), from = tree.x[zoom], to = from + tree.value[zoom];
    const y = topOf(depth);
    let lastPixel = -1, lastIsHit = false;
    for (let at = firstBehind(row, from); at < row.length && tree.x[row[at]] < to; at += 1) {
      const node = row[at], left = Math.max(0, (tree.x[node] - from) * perUnit);
      const right = Math.min(canvas.clientWidth, (tree.x[node] + tree.value[node] - from) * perUnit);
      if (right - left >= 1) { drawBox(node, left, right - left, y); continue; }
      const pixel = Math.floor(left), isMatch = hits[node] === 1;
      if (pixel === lastPixel && (lastIsHit || !isMatch)) continue;
      pen.fillStyle = isMatch ? colours.hit : functionOf(node).fill;
      pen.fillRect(pixel, y, 1, ROW - 1);
      [lastPixel, lastIsHit] = [pixel, isMatch];
    }
  }

  function drawBox(node, left, width, y) {
    const info = functionOf(node), gap = width > 3 ? 0.6 : 0;
    pen.globalAlpha = tree.value[node] > tree.value[zoom] ? 0.55 : 1;
    pen.fillStyle = hits[node] === 1 ? colours.hit : info.fill;
    pen.fillRect(left, y, width - gap, ROW - 1);
    if (info.kind === "inlined" && width > 8) {
      pen.strokeStyle = "#8a4520";
      pen.setLineDash([3, 2]);
      pen.strokeRect(left + 0.5, y + 0.5, width - gap - 1, ROW - 2);
      pen.setLineDash([]);
    }
    const label = cutTo(info.short, width);
    if (label !== "") {
      pen.fillStyle = colours.box;
      pen.fillText(label, left + 3, y + ROW / 2);
    }
    pen.globalAlpha = 1;
  }

  function cutTo(name, width) {
    const room = Math.floor((width - 6) / LETTER_ROOM);
    if (name.length <= room) return name;
    return room < 3 ? "" : `${name.slice(0, room - 1)}…`;
  }

  function outline(node, colour) {
    const left = Math.max(0, leftOf(node));
    const right = Math.min(canvas.clientWidth, leftOf(node) + tree.value[node] * scale());
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.strokeRect(left + 1, topOf(tree.depth[node]) + 1, Math.max(1, right - left - 2), ROW - 3);
    pen.lineWidth = 1;
  }

  let isDue = false;
  function drawSoon() {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; draw(); });
  }

  // ---- What is said of a box.

  function facts(node) {
    const unit = tree.unit, value = tree.value[node], own = tree.own[node], info = functionOf(node);
    const above = tree.parent[node], lines = [];
    const ofParent = node === 0 ? "" : `, ${percent(share(value, tree.value[above]))} of its caller`;
    lines.push(`Total ${valueText(unit, value)}, ${percent(share(value, tree.total))} of all${ofParent}`);
    lines.push(`Own ${valueText(unit, own)}, ${percent(share(own, tree.total))} of all`);
    const row = tree.totals.get(tree.function[node]);
    if (row !== undefined && tree.table.total[row] !== value) {
      const all = tree.table.total[row];
      lines.push(`Everywhere ${valueText(unit, all)}, ${percent(share(all, tree.total))} of all`);
    }
    const kinds = { inlined: "inlined", host: "host function", engine: "engine" };
    lines.push([placeText(data.places[tree.place[node]]), kinds[info.kind], info.group].filter(Boolean).join(" · "));
    return lines.filter(Boolean);
  }

  function say(node) {
    find("details").textContent = [functionOf(node).name, ...facts(node)].join(" · ");
  }

  const tip = find("tip");
  function showTip(node, x, y) {
    const name = document.createElement("b");
    name.textContent = functionOf(node).name;
    const lines = facts(node).map((line) => {
      const row = document.createElement("div");
      row.textContent = line;
      return row;
    });
    tip.replaceChildren(name, ...lines);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > window.innerHeight ? y - height - 10 : y + 18}px`;
  }

  // ---- Where one is.

  function nodeAt(x, y) {
    const row = tree.rows[depthAt(y)];
    if (row === undefined || x < 0 || x >= canvas.clientWidth) return undefined;
    const at = tree.x[zoom] + x / scale(), node = row[firstBehind(row, at)];
    return node !== undefined && tree.x[node] <= at ? node : undefined;
  }

  function reveal(node) {
    const top = topOf(tree.depth[node]);
    if (top < 0) frame.scrollTop += top;
    else if (top + ROW > canvas.clientHeight) frame.scrollTop += top + ROW - canvas.clientHeight;
  }

  function zoomTo(node) {
    if (node !== zoom) trail.push(zoom);
    zoom = cursor = node;
    changed();
  }

  function back() {
    zoom = cursor = trail.pop() ?? 0;
    changed();
  }

  // Where the cursor is not, or only as a sliver, keys begin at what is zoomed to.
  function moveTo(node) {
    if (node === undefined) return;
    cursor = node;
    if (tree.x[node] < tree.x[zoom] || tree.x[node] + tree.value[node] > tree.x[zoom] + tree.value[zoom]) {
      trail.push(zoom);
      zoom = node;
    }
    changed();
  }

  const beside = (node, step) => {
    const row = tree.rows[tree.depth[node]];
    return row[row.indexOf(node) + step];
  };

  // ---- Search.

  function search(text) {
    pattern = text;
    isHit = null;
    const matched = find("matched");
    try {
      const test = new RegExp(text, "iu");
      if (text !== "") isHit = data.functions.map((info) => test.test(info.name));
    } catch {
      matched.textContent = "not a regular expression";
    }
    hits = new Uint8Array(tree.value.length);
    hitNodes = [];
    // A box within one that matches is not counted once more.
    const within = new Uint8Array(tree.value.length), functions = new Set();
    let sum = 0;
    for (let i = 1; isHit && i < hits.length; i += 1) {
      const isInside = within[tree.parent[i]] === 1;
      if (isHit[tree.function[i]]) {
        hits[i] = 1;
        hitNodes.push(i);
        functions.add(tree.function[i]);
        if (!isInside) sum += tree.value[i];
      }
      within[i] = isInside || hits[i] === 1 ? 1 : 0;
    }
    if (isHit) {
      const boxes = things(hitNodes.length, "box", "boxes");
      matched.textContent = `${things(functions.size, "function")}, ${boxes}, ${percent(share(sum, tree.total))}`;
    } else if (text === "") {
      matched.textContent = "";
    }
    find("before").disabled = find("next").disabled = hitNodes.length === 0;
  }

  function step(by) {
    if (hitNodes.length === 0) return;
    const at = hitNodes.findIndex((node) => node >= cursor);
    const isOn = hitNodes[at] === cursor;
    const from = at < 0 ? hitNodes.length : at;
    const next = by > 0 ? (isOn ? from + 1 : from) : from - 1;
    moveTo(hitNodes[(next + hitNodes.length) % hitNodes.length]);
  }

  const quoted = (name) => `^${name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`;

  function searchFor(name) {
    find("search").value = quoted(name);
    search(quoted(name));
    cursor = 0;
    step(1);
    changed();
  }

  // ---- The table of functions.

  const sheet = new Sheet(find("table"));

  function functionRow(id, own, total) {
    const info = data.functions[id], unit = tree.unit, place = data.places[info.place];
    const texts = [valueText(unit, own), percent(share(own, tree.total)), valueText(unit, total),
      percent(share(total, tree.total))];
    const values = [own, own, total, total];
    const figures = texts.map((text, i) => ({ text, value: values[i] }));
    const cells = [{ text: info.name }, ...figures, { text: shortPlace(place) }];
    let row;
    const made = () => {
      row = document.createElement("tr");
      const name = document.createElement("button");
      name.type = "button";
      name.textContent = info.name;
      name.addEventListener("click", () => { searchFor(info.name); frame.scrollIntoView({ block: "nearest" }); });
      const first = cell("");
      first.append(name);
      row.append(first, ...cells.slice(1).map(({ text, value }) => cell(text, value)));
      row.lastChild.title = placeText(place);
      return row;
    };
    return { cells, node: () => row ?? made() };
  }

  function fillTable() {
    const { function: ids, own, total } = tree.table;
    sheet.rows = ids.map((id, row) => functionRow(id, own[row], total[row]));
    sheet.heads.forEach((head) => head.removeAttribute("aria-sort"));
    sheet.heads[1].setAttribute("aria-sort", "descending");
    filter();
  }

  function filter() {
    const words = find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => `${row.cells[0].text} ${row.cells[5].text}`.toLowerCase();
    sheet.test = (row) => words.every((word) => text(row).includes(word));
    sheet.show();
    find("filtered").textContent = words.length > 0 ? `${exact(sheet.shown)} of ${exact(sheet.rows.length)}` : "";
  }

  // ---- The metric. The place is kept: the same functions, as far down as they go.

  function show(metric) {
    const names = [];
    for (let node = zoom; node > 0; node = tree.parent[node]) names.unshift(tree.function[node]);
    tree = layoutOf(metric);
    zoom = 0;
    for (const name of names) {
      const below = children(zoom).find((child) => tree.function[child] === name);
      if (below === undefined) break;
      zoom = below;
    }
    cursor = zoom;
    trail = [];
    find("metric").value = tree.metric;
    find("about").textContent = `${tree.about} ${valueText(tree.unit, tree.total)} in all.`;
    find("left-out").textContent = tree.left_out;
    search(pattern);
    fillTable();
    fit();
    changed();
  }

  // ---- The address holds what is shown.

  let written = "", isReady = false;
  function changed() {
    find("back").disabled = trail.length === 0 && zoom === 0;
    find("reset").disabled = zoom === 0;
    say(cursor);
    reveal(cursor);
    drawSoon();
    // A link to a part of the page keeps its address until something is done.
    if (!isReady) return;
    const state = new URLSearchParams({ metric: tree.metric });
    if (pattern !== "") state.set("search", pattern);
    if (zoom > 0) state.set("zoom", zoom);
    if (flipped) state.set("flip", "1");
    written = `#${state}`;
    // A page that is shown within another one may not have an address of its own.
    try { history.replaceState(null, "", written); } catch { /* Then a link leads to the page alone. */ }
  }

  // Links within the page have other words behind the #, and change nothing of what is shown.
  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    if (location.hash === written || !state.has("metric")) return false;
    pattern = state.get("search") ?? "";
    find("search").value = pattern;
    turn(state.get("flip") === "1");
    zoom = 0;
    show(state.get("metric"));
    const node = Number(state.get("zoom"));
    if (Number.isInteger(node) && node > 0 && node < tree.value.length) zoomTo(node);
    trail = [];
    return true;
  }

  function turn(on) {
    flipped = on;
    find("flip").setAttribute("aria-pressed", String(on));
  }

  // ---- What people do.

  for (const flame of data.flames) find("metric").append(new Option(flame.title, flame.metric));
  find("metric").addEventListener("change", (event) => show(event.target.value));
  find("search").addEventListener("input", (event) => { search(event.target.value); changed(); });
  find("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") canvas.focus();
  });
  find("next").addEventListener("click", () => step(1));
  find("before").addEventListener("click", () => step(-1));
  find("back").addEventListener("click", back);
  find("reset").addEventListener("click", () => zoomTo(0));
  find("flip").addEventListener("click", () => {
    turn(!flipped);
    frame.scrollTop = flipped ? frame.scrollHeight : 0;
    changed();
  });
  find("filter").addEventListener("input", filter);
  for (const link of document.querySelectorAll("a[data-find]")) {
    link.addEventListener("click", () => searchFor(link.dataset.find));
  }

  canvas.addEventListener("pointermove", (event) => {
    const node = nodeAt(event.offsetX, event.offsetY);
    drawSoon();
    if (node === undefined || event.pointerType === "touch") { tip.hidden = true; return; }
    requestAnimationFrame(() => outline(node, colours.ink));
    showTip(node, event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; drawSoon(); });
  canvas.addEventListener("click", (event) => {
    const node = nodeAt(event.offsetX, event.offsetY);
    if (node !== undefined) zoomTo(node);
  });
  canvas.addEventListener("focus", drawSoon);
  canvas.addEventListener("blur", drawSoon);
  frame.addEventListener("scroll", drawSoon);

  const KEYS = {
    ArrowLeft: () => moveTo(beside(cursor, -1)),
    ArrowRight: () => moveTo(beside(cursor, 1)),
    ArrowUp: () => moveTo(flipped ? children(cursor)[0] : tree.parent[cursor]),
    ArrowDown: () => moveTo(flipped ? tree.parent[cursor] : children(cursor)[0]),
    Enter: () => zoomTo(cursor),
    " ": () => zoomTo(cursor),
    Home: () => zoomTo(0),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    if (event.key === "Escape") back();
    else if (event.key === "/") { event.preventDefault(); find("search").focus(); find("search").select(); }
    else if (event.key === "n") step(1);
    else if (event.key === "N") step(-1);
  });

  new ResizeObserver(() => { fit(); draw(); }).observe(frame);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); drawSoon(); });
  window.addEventListener("hashchange", read);
  window.addEventListener("beforeprint", () => { sheet.most = Infinity; sheet.show(); });

  readColours();
  if (!read()) show(data.metric);
  isReady = true;
})();
