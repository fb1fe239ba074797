// The furniture of the page: heading, legend, slider, sources, watermark.
(function (S) {
  "use strict";

  const ORDER = {
    plan: ["treatments", "sites", "pv_blocks", "turbines", "hubs", "trunks", "substations", "works",
      "parcels", "other_parcels"],
    ground: ["districts", "names", "roads", "railways", "power_lines", "rivers", "water"],
  };
  const OUTLINED = new Set(["parcels", "sites", "districts"]);
  const LINED = new Set(["trunks", "roads", "railways", "power_lines", "rivers"]);
  const ROUND = new Set(["turbines", "substations"]);

  function say(app, key, values) {
    return S.text(app.plan, key, app.state.lang, values);
  }

  S.drawHeading = function (app) {
    const plan = app.plan;
    const lang = app.state.lang;
    app.parts.heading.replaceChildren(
      S.element("h1", "", [S.pick(plan.title, lang)]),
      S.element("p", "sg-status", [S.pick(plan.status, lang)])
    );
    document.title = S.pick(plan.title, lang);
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    app.parts.language.textContent = say(app, "switch-language");
    app.parts.search.placeholder = say(app, "search-hint");
    app.parts.search.setAttribute("aria-label", say(app, "search-hint"));
    app.parts.fold.textContent = say(app, "layers");
    const notes = [say(app, "as-of", { date: plan.as_of })];
    if (plan.synthetic) notes.unshift(say(app, "synthetic"));
    app.parts.note.replaceChildren(...notes.map((note) => S.element("span", "", [note])));
  };

  S.drawYear = function (app) {
    const year = app.state.year;
    const box = app.parts.slider;
    box.hidden = !app.plan.milestones.length;
    if (box.hidden) return;
    app.parts.yearLabel.textContent = say(app, "by-end-of", { year: year });
    app.parts.range.setAttribute("aria-label", say(app, "year"));
    const row = app.plan.milestones.find((one) => one.year === year);
    app.parts.reached.replaceChildren(...(row ? reached(app, row) : []));
  };

  function reached(app, row) {
    const number = (value, divisor) =>
      (value / divisor).toLocaleString("en-US", { maximumFractionDigits: 0 });
    const target = (value, divisor) => (value ? " / " + number(value, divisor) : "");
    const parts = [
      [say(app, "pv"), number(row.pv_kw, 1000) + " MW"],
      [say(app, "wind"), number(row.wind_kw, 1000) + " MW"],
      [say(app, "total"), number(row.capacity_kw, 1000) + target(row.capacity_target_kw, 1000) + " MW"],
      [say(app, "treated"), number(row.treated_centimu, 100) +
        target(row.treated_target_centimu, 100) + " " + say(app, "unit-mu")],
    ];
    const nodes = parts.map((part) => S.element("span", "", [part[0] + " ", S.element("b", "", [part[1]])]));
    nodes.push(S.element("span", row.met ? "sg-met" : "sg-missed", [say(app, row.met ? "met" : "missed")]));
    return nodes;
  }

  S.drawLegend = function (app) {
    const box = app.parts.legend;
    box.replaceChildren();
    box.append(colourChoice(app));
    addSection(app, box, "section-plan", ORDER.plan.filter((name) => app.plan.byName[name]));
    addSection(app, box, "section-eligible", pictureNames(app, /^eligible-/));
    const ground = pictureNames(app, /^ground$/)
      .concat(ORDER.ground.filter((name) => name === "names" || app.plan.byName[name]));
    addSection(app, box, "section-ground", ground);
    box.append(sources(app));
  };

  function pictureNames(app, pattern) {
    return app.plan.pictures.map((picture) => picture.name).filter((name) => pattern.test(name));
  }

  function colourChoice(app) {
    const select = S.element("select");
    ["measure", "year"].forEach((name) => {
      const option = S.element("option", "", [say(app, "colour-" + name)]);
      option.value = name;
      select.append(option);
    });
    select.value = app.state.colourBy;
    select.addEventListener("change", () => app.setColour(select.value));
    return S.element("label", "sg-colour", [say(app, "colour-by") + " ", select]);
  }

  function addSection(app, box, title, names) {
    if (!names.length) return;
    box.append(S.element("h3", "", [say(app, title)]));
    names.forEach((name) => box.append(layerRow(app, name)));
  }

  function layerRow(app, name) {
    const check = S.element("input");
    check.type = "checkbox";
    check.checked = Boolean(app.state.shown[name]);
    check.dataset.layer = name;
    check.addEventListener("change", () => app.setShown(name, check.checked));
    const layer = app.plan.byName[name];
    const line = S.element("label", "sg-layer", [check, ...heads(app, name, layer)]);
    const row = S.element("div", "", [line]);
    if (layer && many(layer, name)) groups(app, layer).forEach((item) => row.append(item));
    return row;
  }

  function many(layer, name) {
    return layer.groups.length > 1 || name === "treatments" || name === "sites";
  }

  function heads(app, name, layer) {
    const title = S.element("span", "", [titleOf(app, name, layer)]);
    if (layer && !many(layer, name)) return [swatch(name, layer.groups[0].colour), title];
    const picture = /^eligible-(.*)$/.exec(name);
    return picture ? [S.element("i", "sg-swatch sg-eligible-" + picture[1]), title] : [title];
  }

  function titleOf(app, name, layer) {
    if (name === "names") return say(app, "names");
    if (layer) return S.pick(layer.title, app.state.lang);
    const picture = app.plan.pictures.find((one) => one.name === name);
    return S.pick(picture.title, app.state.lang);
  }

  function swatch(name, colour) {
    const node = S.element("i", "sg-swatch");
    if (OUTLINED.has(name)) {
      node.classList.add("sg-outline");
      node.style.borderColor = colour;
    } else {
      node.style.background = colour;
    }
    if (LINED.has(name)) node.classList.add("sg-line");
    if (ROUND.has(name)) node.classList.add("sg-round");
    return node;
  }

  function groups(app, layer) {
    if (layer.name === "roads") return [];
    const byYear = app.state.colourBy === "year" && /^(treatments|sites)$/.test(layer.name);
    if (byYear && layer.name === "sites") return [];
    const items = byYear
      ? app.plan.years.map((year) => [S.yearColour(app.plan, year), String(year)])
      : layer.groups.map((group) => [group.colour, S.pick(group.title, app.state.lang)]);
    return items.map((item) =>
      S.element("div", "sg-group", [swatch(layer.name, item[0]), S.element("span", "", [item[1]])]));
  }

  function sources(app) {
    const list = app.plan.sources.map((source) => {
      const about = [source.source, source.licence, source.date].filter(Boolean).join(", ");
      const mark = source.synthetic ? " [" + say(app, "made-up") + "]" : "";
      return S.element("li", "", [S.pick(source.title, app.state.lang) + ": " + about + mark]);
    });
    return S.element("details", "sg-sources", [
      S.element("summary", "", [say(app, "sources")]),
      S.element("ul", "", list),
      S.element("p", "", [say(app, "units-note")]),
    ]);
  }

  S.drawShortfalls = function (app) {
    const rows = app.plan.shortfalls;
    const box = app.parts.shortfalls;
    box.hidden = !rows.length;
    if (!rows.length) return;
    const lines = rows.map((row) => S.element("li", "", [app.state.lang === "zh" ? row.zh : row.en]));
    box.replaceChildren(S.element("h2", "", [say(app, "shortfalls")]), S.element("ul", "", lines));
  };

  // District -> the largest missing share, for the colour of the district.
  S.shortByDistrict = function (plan) {
    const found = new Map();
    plan.shortfalls.forEach((row) => {
      const known = found.get(row.district_id) || 0;
      if (row.district_id) found.set(row.district_id, Math.max(known, Math.min(1, row.share)));
    });
    return found;
  };

  S.watermark = function (app) {
    const canvas = S.element("canvas");
    canvas.width = 460;
    canvas.height = 260;
    const ctx = canvas.getContext("2d");
    ctx.translate(230, 130);
    ctx.rotate(-0.42);
    ctx.textAlign = "center";
    ctx.font = "600 17px 'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif";
    ctx.fillStyle = "rgba(90, 20, 20, 0.13)";
    ctx.fillText(S.text(app.plan, "watermark", "zh"), 0, 0);
    app.parts.watermark.style.backgroundImage = "url(" + canvas.toDataURL() + ")";
  };
})((window.SandGrid = window.SandGrid || {}));
