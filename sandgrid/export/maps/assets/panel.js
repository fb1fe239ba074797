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
    if (app.twin) box.append(S.differenceChoice(app));
    if (app.plan.years.length) {
      box.append(S.element("p", "sg-amounts", [say(app, "amounts", { year: app.state.year })]));
    }
    addSection(app, box, "section-plan", ORDER.plan.filter((name) => app.plan.byName[name]));
    addSection(app, box, "section-eligible", S.eligiblePictures(app.plan));
    const ground = app.plan.pictures.map((picture) => picture.name)
      .concat(ORDER.ground.filter((name) => name === "names" || app.plan.byName[name]));
    addSection(app, box, "section-ground", ground);
    if (app.plan.basemaps.length) box.append(S.basemapChoice(app));
    box.append(sources(app));
  };

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
    const row = S.element("div", app.state.shown[name] ? "" : "sg-unshown", [line]);
    if (layer && many(layer, name)) groups(app, layer).forEach((item) => row.append(item));
    else if (layer) line.append(amount(app, layer, () => true));
    else pictureClasses(app, name).forEach((item) => row.append(item));
    return row;
  }

  // Colours of a picture that is drawn in classes.
  function pictureClasses(app, name) {
    const picture = app.plan.pictures.find((one) => one.name === name);
    return ((picture && picture.classes) || []).map((entry) => S.element("div", "sg-group", [
      swatch(name, entry[0]), S.element("span", "", [entry[app.state.lang === "zh" ? 1 : 2]]),
    ]));
  }

  // What a layer adds up to by the end of the slider's year, in the unit of its card.
  const ADDED = {
    treatments: ["area_centimu"], works: ["area_centimu"], sites: ["pv_kw", "wind_kw"],
    pv_blocks: ["capacity_kw"], turbines: ["capacity_kw"], trunks: ["length_km"],
    hubs: [], parcels: [], other_parcels: [], substations: [],
  };

  function amount(app, layer, belongs) {
    const columns = ADDED[layer.name];
    const node = S.element("span", "sg-amount");
    if (!columns) return node;
    let sum = 0;
    for (let i = 0; i < layer.shapes.count; i += 1) {
      if (layer.year[i] > app.state.year || !belongs(i)) continue;
      sum += columns.length ? columns.reduce((part, key) => part + layer.column[key].values[i], 0) : 1;
    }
    const column = columns.length ? layer.column[columns[0]] : { divisor: 1 };
    const unit = columns.length ? S.pick(column.unit, app.state.lang) : say(app, "unit-count");
    const shown = (sum / column.divisor).toLocaleString("en-US", { maximumFractionDigits: 0 });
    node.textContent = shown + " " + unit;
    return node;
  }

  function many(layer, name) {
    if (name === "parcels") return layer.groups.length > 1 && !layer.plan.byName.treatments;
    return layer.groups.length > 1 || name === "treatments" || name === "sites";
  }

  function heads(app, name, layer) {
    const title = S.element("span", "", [titleOf(app, name, layer)]);
    if (layer && !many(layer, name)) return [swatch(name, layerColour(layer)), title];
    const picture = /^eligible-(.*)$/.exec(name);
    return picture ? [S.element("i", "sg-swatch sg-eligible-" + picture[1]), title] : [title];
  }

  function layerColour(layer) {
    return layer.name === "parcels" ? "#2b2b2b" : layer.groups[0].colour;
  }

  function titleOf(app, name, layer) {
    if (name === "names") return say(app, "names");
    if (layer) return S.pick(layer.title, app.state.lang);
    return say(app, "picture-" + name);
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
      ? app.plan.years.map((year) => [S.yearColour(app.plan, year), String(year), (i) => layer.year[i] === year])
      : layer.groups.map((group, k) =>
        [group.colour, S.pick(group.title, app.state.lang), (i) => layer.group[i] === k]);
    return items.map((item) => S.element("div", "sg-group", [
      swatch(layer.name, item[0]), S.element("span", "", [item[1]]), amount(app, layer, item[2]),
    ]));
  }

  // The second sheet of paper: sources, dates and units.
  S.drawPrint = function (app) {
    if (!app.parts.print) {
      app.parts.print = S.element("div", "sg-print");
      document.body.append(app.parts.print);
    }
    const list = sources(app);
    app.parts.print.replaceChildren(S.element("h2", "", [S.pick(app.plan.title, app.state.lang)]), ...list.childNodes);
  };

  function sources(app) {
    const list = app.plan.sources.map((source) => {
      const about = [source.source, source.licence, source.date].filter(Boolean).join(", ");
      const mark = source.synthetic ? " [" + say(app, "made-up") + "]" : "";
      return S.element("li", "", [S.pick(source.title, app.state.lang) + ": " + about + mark]);
    });
    const own = say(app, "source-plan", { date: app.plan.as_of });
    return S.element("details", "sg-sources", [
      S.element("summary", "", [say(app, "sources")]),
      S.element("ul", "", [S.element("li", "", [own])].concat(list)),
      S.element("p", "", [say(app, "units-note")]),
    ]);
  }

  S.drawShortfalls = function (app) {
    const rows = app.plan.shortfalls;
    const box = app.parts.shortfalls;
    box.hidden = !rows.length;
    if (!rows.length) return;
    const lines = rows.map((row) => S.element("li", "", [app.state.lang === "zh" ? row.zh : row.en]));
    const place = app.state.lang === "zh" ? 0 : 1;
    const help = app.plan.repairs.map((words) => S.element("li", "", [words[place]]));
    const parts = [S.element("h2", "", [say(app, "shortfalls")]), S.element("ul", "", lines)];
    if (help.length) parts.push(S.element("h2", "", [say(app, "repairs")]), S.element("ol", "", help));
    box.replaceChildren(...parts);
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
    ctx.fillText(S.text(app.plan, app.plan.public ? "watermark-public" : "watermark", "zh"), 0, 0);
    if (app.plan.approval) ctx.fillText(app.plan.approval, 0, 24);
    app.parts.watermark.style.backgroundImage = "url(" + canvas.toDataURL() + ")";
  };
})((window.SandGrid = window.SandGrid || {}));
