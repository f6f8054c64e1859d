"use strict";
// Boxes know where they are in the metric's unit: from `x` on, `w` wide. All else is drawing.
(function () {
  var MARGIN = 10, WIDTH = 1200 - 2 * MARGIN, LETTER = 7.3;
  var svg = document.documentElement;
  svg.classList.add("live");
  var total = Number(svg.getAttribute("data-total")) || 1;
  var details = document.getElementById("details"), matched = document.getElementById("matched");
  var foot = details.textContent;
  var boxes = Array.prototype.map.call(document.querySelectorAll(".f"), function (g) {
    return {
      g: g, x: Number(g.getAttribute("data-x")), w: Number(g.getAttribute("data-w")),
      name: g.getAttribute("data-n"), rect: g.querySelector("rect"), text: g.querySelector("text"),
      title: g.querySelector("title").textContent, hit: false,
    };
  });
  var shown = { x: 0, w: total };

  function label(name, width) {
    var room = Math.floor((width - 6) / LETTER), letters = Array.from(name);
    if (letters.length <= room) return name;
    return room < 3 ? "" : letters.slice(0, room - 1).join("") + "…";
  }

  function draw() {
    boxes.forEach(function (box) {
      var from = Math.max(box.x, shown.x), to = Math.min(box.x + box.w, shown.x + shown.w);
      var left = MARGIN + (from - shown.x) / shown.w * WIDTH, width = (to - from) / shown.w * WIDTH;
      box.g.classList.toggle("gone", width < 0.1 && box.w < total);
      box.g.classList.toggle("above", box.w > shown.w);
      box.g.classList.toggle("hit", box.hit);
      if (width < 0.1) return;
      box.rect.setAttribute("x", left.toFixed(2));
      box.rect.setAttribute("width", width.toFixed(2));
      box.text.setAttribute("x", (left + 3).toFixed(2));
      box.text.textContent = label(box.name, width);
    });
  }

  function zoom(x, w) {
    shown = { x: x, w: w || 1 };
    draw();
  }

  // The share of everything that is below some box that matches; boxes inside such a box don't count again.
  function search(term) {
    var test;
    try { test = new RegExp(term, "i"); } catch (error) { matched.textContent = "not a pattern: " + term; return; }
    boxes.forEach(function (box) { box.hit = term !== "" && test.test(box.name); });
    var hits = boxes.filter(function (box) { return box.hit; });
    hits.sort(function (a, b) { return a.x - b.x || b.w - a.w; });
    var sum = 0, end = 0;
    hits.forEach(function (box) {
      if (box.x + box.w <= end) return;
      sum += box.x + box.w - Math.max(box.x, end);
      end = box.x + box.w;
    });
    matched.textContent = term === "" ? "" : term + ": " + (100 * sum / total).toFixed(1) + " %";
    draw();
  }

  function ask() {
    var term = window.prompt("Functions whose name matches (a regular expression; empty to clear)", "");
    if (term !== null) search(term);
  }

  function button(id, act) {
    var node = document.getElementById(id);
    node.addEventListener("click", act);
    node.addEventListener("keydown", function (event) { if (event.key === "Enter") act(); });
  }

  boxes.forEach(function (box) {
    box.g.addEventListener("click", function () { zoom(box.x, box.w); });
    box.g.addEventListener("mouseenter", function () { details.textContent = box.title.replace(/\n/g, " · "); });
    box.g.addEventListener("mouseleave", function () { details.textContent = foot; });
  });
  button("reset", function () { zoom(0, total); });
  button("search", ask);
  window.addEventListener("keydown", function (event) {
    if (event.key === "Escape") zoom(0, total);
    if (event.key === "/" || (event.key === "f" && (event.ctrlKey || event.metaKey))) { event.preventDefault(); ask(); }
  });
})();
